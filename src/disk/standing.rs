//! Reads what stands in a working tree: at given paths, in their way, and everywhere that is not ignored.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use ignore::WalkBuilder;

use super::{cannot, found};
use crate::failure::Outcome;
use crate::tree::Content;

/// Content and executable bit by path from the root.
pub type Standing = BTreeMap<String, (Content, bool)>;

/// Larger files are not looked at for renames.
const RECOGNISABLE: u64 = 1 << 20;

/// Reads the given paths, sorted. Whatever stands where a folder of theirs should be is read in its place,
/// and everything in a folder that stands where a file should be. No link is followed.
///
/// # Errors
/// A file that cannot be read.
pub fn read<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Outcome<Standing> {
    let mut standing = Standing::new();
    // Folder → whether it is a real one.
    let mut folders: HashMap<String, bool> = HashMap::new();
    for path in paths {
        if !is_real_folder(root, parent(path), &mut folders, &mut standing)? {
            continue;
        }
        read_one(root, path, &mut standing)?;
    }
    Ok(standing)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a folder and all above it are folders; what is in the way is read.
fn is_real_folder(
    root: &Path,
    folder: &str,
    known: &mut HashMap<String, bool>,
    standing: &mut Standing,
) -> Outcome<bool> {
    if folder.is_empty() {
        return Ok(true);
    }
    if let Some(real) = known.get(folder) {
        return Ok(*real);
    }
    let mut real = is_real_folder(root, parent(folder), known, standing)?;
    if real {
        match root.join(folder).symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                read_one(root, folder, standing)?;
                real = false;
            }
            Err(_) => real = false,
        }
    }
    known.insert(folder.to_owned(), real);
    Ok(real)
}

fn read_one(root: &Path, path: &str, standing: &mut Standing) -> Outcome<()> {
    let full = root.join(path);
    let Ok(metadata) = full.symlink_metadata() else { return Ok(()) };
    if metadata.is_dir() {
        return read_all(&full, path, standing);
    }
    let (path, content, executable) = found(&full, path.to_owned(), &metadata)?;
    standing.insert(path, (content, executable));
    Ok(())
}

/// Names that are not UTF-8 are shown with replacement characters; they only ever stand in the way.
fn read_all(folder: &Path, prefix: &str, standing: &mut Standing) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))? {
        let entry = entry.map_err(|error| cannot("read", folder, &error))?;
        let below = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => read_all(&entry.path(), &below, standing)?,
            Ok(metadata) => {
                let (path, content, executable) = found(&entry.path(), below, &metadata)?;
                standing.insert(path, (content, executable));
            }
            Err(error) => return Err(cannot("read", &entry.path(), &error)),
        }
    }
    Ok(())
}

/// Reads files that may have been renamed: regular ones of a size that can be compared.
pub fn read_candidates<'a>(root: &Path, paths: impl Iterator<Item = &'a str>) -> Standing {
    let read = |path: &'a str| {
        let full = root.join(path);
        let metadata = full.symlink_metadata().ok().filter(|metadata| metadata.is_file())?;
        if metadata.len() > RECOGNISABLE {
            return None;
        }
        let (path, content, executable) = found(&full, path.to_owned(), &metadata).ok()?;
        Some((path, (content, executable)))
    };
    paths.filter_map(read).collect()
}

/// Every file that no `.gitignore` below the root names; for a working tree without git.
pub fn unignored(root: &Path) -> Vec<String> {
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false).git_ignore(true).require_git(false).parents(false).follow_links(false);
    walk.filter_entry(|entry| {
        !(entry.depth() == 1 && matches!(entry.file_name().to_str(), Some(".git" | ".duostack")))
    });
    let files =
        walk.build().filter_map(Result::ok).filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()));
    files.filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_str()?.replace('\\', "/"))).collect()
}
