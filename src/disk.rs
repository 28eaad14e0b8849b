//! The only user of the file system: reads packs, writes beside the target and swaps in.

#![allow(clippy::disallowed_methods, reason = "the only user of the file system")]

mod landing;
pub mod standing;
pub mod transaction;

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub use landing::Landing;

use crate::catalogue::Found;
use crate::failure::{Failure, Outcome};
use crate::tree::Content;

/// What one emitted path holds, and who may read or run it.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// Relative, forward slashes, already checked to stay inside.
    pub path: Cow<'a, str>,
    /// Bytes or link.
    pub content: Cow<'a, Content>,
    /// Who may do what.
    pub access: Access,
}

/// Permissions, as far as a repository has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write, within the umask.
    Plain,
    /// Run as well.
    Executable,
    /// The owner alone: secrets.
    Private,
}

#[cfg(unix)]
fn create(path: &Path, access: Access) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mode = match access {
        Access::Plain => 0o666,
        Access::Executable => 0o777,
        Access::Private => 0o600,
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _access: Access) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn link(_target: &str, _path: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system makes no symbolic links without special rights"))
}

/// A failed operation as a refusal that names the way out.
fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::refused(format!("cannot {what} {}: {}", path.display(), reason(error)));
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            failure.hint("nothing was written; free some space, or name a folder on another disk")
        }
        io::ErrorKind::PermissionDenied => failure.hint("name a folder that you may write to"),
        io::ErrorKind::ReadOnlyFilesystem => {
            failure.hint("this disk is mounted read-only: name a folder on another one")
        }
        io::ErrorKind::InvalidFilename => failure.hint("the path is too long for this system: name a shorter one"),
        io::ErrorKind::NotFound => failure.hint("check the spelling, and that the folder above it exists"),
        _ => failure,
    }
}

/// The system's reason without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Whether something is there.
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// Whether anything stands at a path, be it a link that leads nowhere.
pub fn stands(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Makes an empty file, to remember something by.
///
/// # Errors
/// It cannot be made.
pub fn touch(path: &Path) -> Outcome<()> {
    fs::write(path, "").map_err(|error| Failure::refused(format!("cannot write {}: {error}", path.display())))
}

/// The text of a file that the user named.
///
/// # Errors
/// A file that is missing, unreadable, or not UTF-8.
pub fn read_text(path: &Path) -> Outcome<String> {
    let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::refused(format!("{} is not UTF-8 text", path.display())).hint("save it as UTF-8"))
}

/// Every file and link of a pack, sorted by path. Git's own folder is passed over.
///
/// # Errors
/// A folder that cannot be read, a link to it, or a name that is not UTF-8.
pub fn read_pack(root: &Path) -> Outcome<Vec<Found>> {
    if !root.is_dir() {
        return Err(Failure::refused(format!("{} is no folder", root.display()))
            .hint("`duostack templates export DIR` writes a pack to start from"));
    }
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<Found>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))? {
        let entry = entry.map_err(|error| cannot("read", folder, &error))?;
        let path = entry.path();
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| Failure::refused(format!("{}: the name is not UTF-8", path.display())).hint("rename it"))?;
        let kind = entry.file_type().map_err(|error| cannot("read", &path, &error))?;
        if kind.is_dir() && (prefix.is_empty() && name == ".git") {
            continue;
        }
        let below = format!("{prefix}{name}");
        if kind.is_dir() {
            walk(&path, &format!("{below}/"), files)?;
        } else {
            let metadata = entry.metadata().map_err(|error| cannot("read", &path, &error))?;
            files.push(found(&path, below, &metadata)?);
        }
    }
    Ok(())
}

/// A file or link as it was found, with its executable bit.
fn found(path: &Path, below: String, metadata: &fs::Metadata) -> Outcome<Found> {
    if metadata.is_symlink() {
        let target = fs::read_link(path).map_err(|error| cannot("read", path, &error))?;
        let target = target.to_str().ok_or_else(|| {
            Failure::refused(format!("{}: the link's target is not UTF-8", path.display())).hint("remove it")
        })?;
        return Ok((below, Content::Link(target.replace('\\', "/")), false));
    }
    if !metadata.is_file() {
        return Err(Failure::refused(format!("{} is neither a file nor a folder nor a link", path.display()))
            .hint("remove it, or move it elsewhere"));
    }
    let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
    Ok((below, Content::Bytes(Cow::Owned(bytes)), is_executable(metadata)))
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_metadata: &fs::Metadata) -> bool {
    false
}

/// What an emitted repository keeps below its root, or nothing when it is not there.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_if_there(path: &Path) -> Outcome<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// The nearest folder from here upward that holds a file of this name.
pub fn folder_with(name: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|folder| folder.join(name).is_file()).map(Path::to_path_buf)
}
