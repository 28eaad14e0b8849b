//! A new folder, made beside its place and swapped in whole.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::{Item, cannot, create, link};
use crate::failure::{Failure, Outcome};
use crate::processes::Stop;
use crate::tree::Content;

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
