//! The only user of the file system: reads packs, writes beside the target and swaps in.

#![allow(clippy::disallowed_methods, reason = "the only user of the file system")]

pub mod standing;
pub mod transaction;

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::catalogue::Found;
use crate::failure::{Failure, Outcome};
use crate::processes::Stop;
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

/// A folder that will exist whole or not at all.
#[derive(Debug)]
pub struct Landing {
    target: PathBuf,
    /// Where the tree is made: beside the target, so that a rename is enough.
    stage: PathBuf,
    /// The folder to be renamed out of the stage, with the missing parents inside it.
    top: Option<PathBuf>,
}

impl Landing {
    /// Finds where a new folder can be made.
    ///
    /// # Errors
    /// A target that is a file, a link, behind a link, or not empty.
    pub fn at(target: &Path) -> Outcome<Self> {
        let target = absolute(target)?;
        refuse_links(&target)?;
        let (ground, missing) = existing_ancestor(&target);
        if !ground.is_dir() {
            return Err(Failure::refused(format!("{} is a file", ground.display()))
                .hint("name a folder that does not exist yet"));
        }
        let empty_folder = missing.as_os_str().is_empty();
        if empty_folder {
            refuse_full(&target)?;
        }
        let beside = if empty_folder { target.parent().unwrap_or(&target).to_path_buf() } else { ground.clone() };
        let top = missing.components().next().map(|first| ground.join(first));
        let stage = beside.join(format!(".duostack-{}", std::process::id()));
        Ok(Self { target, stage, top })
    }

    /// The folder that will exist.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes every item beside the target, lets `finish` work there, then swaps it in; `stop` gives it up.
    ///
    /// # Errors
    /// Whatever stopped it; nothing is left behind then.
    pub fn write<'a>(
        &self,
        items: impl IntoIterator<Item = Item<'a>>,
        stop: &Stop,
        finish: impl FnOnce(&Path) -> Outcome<()>,
    ) -> Outcome<()> {
        let done = self.fill(items, stop).and_then(|root| {
            finish(&root)?;
            if stop.is_set() { Err(Failure::interrupted()) } else { self.swap(&root) }
        });
        if self.stage.exists() {
            // The failure that led here matters more than one while tidying up.
            let _ = fs::remove_dir_all(&self.stage);
        }
        done
    }

    fn fill<'a>(&self, items: impl IntoIterator<Item = Item<'a>>, stop: &Stop) -> Outcome<PathBuf> {
        let below = match &self.top {
            Some(top) => self.target.strip_prefix(top.parent().unwrap_or(top)).unwrap_or(Path::new("")).to_path_buf(),
            None => PathBuf::from("tree"),
        };
        let root = self.stage.join(below);
        fs::create_dir_all(&root).map_err(|error| cannot("make a folder beside", &self.target, &error))?;
        let mut folder = PathBuf::new();
        for item in items {
            if stop.is_set() {
                return Err(Failure::interrupted());
            }
            let path = root.join(item.path.as_ref());
            if let Some(parent) = path.parent().filter(|parent| *parent != folder) {
                fs::create_dir_all(parent).map_err(|error| cannot("write", &self.target, &error))?;
                folder = parent.to_path_buf();
            }
            put(&path, &item).map_err(|error| cannot("write", &self.target.join(item.path.as_ref()), &error))?;
        }
        Ok(root)
    }

    fn swap(&self, root: &Path) -> Outcome<()> {
        match &self.top {
            Some(top) => {
                let made = self.stage.join(top.file_name().unwrap_or_default());
                if top.symlink_metadata().is_ok() {
                    return Err(Failure::refused(format!("{} appeared while duostack was working", top.display()))
                        .hint("look at what it is, then try again"));
                }
                fs::rename(&made, top).map_err(|error| cannot("move the new folder to", top, &error))
            }
            None => move_entries(root, &self.target),
        }
    }
}

/// Moves every entry of a folder into an empty one; puts them back when one cannot be moved.
fn move_entries(from: &Path, to: &Path) -> Outcome<()> {
    refuse_full(to)?;
    let entries = fs::read_dir(from).map_err(|error| cannot("read", from, &error))?;
    let names: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name())).collect();
    for (count, name) in names.iter().enumerate() {
        if let Err(error) = fs::rename(from.join(name), to.join(name)) {
            for moved in &names[..count] {
                let _ = fs::rename(to.join(moved), from.join(moved));
            }
            return Err(cannot("write", &to.join(name), &error));
        }
    }
    Ok(())
}

fn put(path: &Path, item: &Item<'_>) -> io::Result<()> {
    match item.content.as_ref() {
        Content::Link(target) => link(target, path),
        Content::Bytes(bytes) => create(path, item.access)?.write_all(bytes),
    }
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

/// The absolute path, with `.` and `..` resolved as they are written.
fn absolute(path: &Path) -> Outcome<PathBuf> {
    let path = std::path::absolute(path).map_err(|error| cannot("resolve", path, &error))?;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    match plain.file_name() {
        Some(_) => Ok(plain),
        None => Err(Failure::refused(format!("{} is the root of the file system", plain.display()))
            .hint("name a folder that does not exist yet")),
    }
}

/// Refuses links on the way. Links directly below the root are the system's own (`/tmp`, `/var`).
fn refuse_links(target: &Path) -> Outcome<()> {
    let working = std::env::current_dir().unwrap_or_default();
    let mut walked = PathBuf::new();
    for component in target.components() {
        walked.push(component);
        let own = walked.components().count() > 2 && !working.starts_with(&walked);
        if own && walked.symlink_metadata().is_ok_and(|metadata| metadata.file_type().is_symlink()) {
            let failure = Failure::refused(format!("{} is a link, and duostack writes through none", walked.display()));
            return Err(match fs::canonicalize(&walked) {
                Ok(real) => failure.hint(format!(
                    "name the real folder instead: {}",
                    real.join(target.strip_prefix(&walked).unwrap_or(Path::new(""))).display()
                )),
                Err(_) => failure.hint("it points nowhere: remove it, or name another folder"),
            });
        }
    }
    Ok(())
}

fn existing_ancestor(target: &Path) -> (PathBuf, PathBuf) {
    let ground = target.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(Path::new("/"));
    (ground.to_path_buf(), target.strip_prefix(ground).unwrap_or(Path::new("")).to_path_buf())
}

fn refuse_full(folder: &Path) -> Outcome<()> {
    let mut entries = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    match entries.next() {
        None => Ok(()),
        Some(_) if folder.join("duostack.toml").is_file() => {
            Err(Failure::refused(format!("{} is a repository that duostack emitted", folder.display()))
                .hint("`duostack update`, run inside it, brings it up to date and keeps every edit"))
        }
        Some(_) => {
            Err(Failure::refused(format!("{} is not empty, and duostack writes over nothing", folder.display()))
                .hint("name another folder, for instance `duostack new NAME`, or move what is there"))
        }
    }
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
