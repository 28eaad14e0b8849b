//! Changes a working tree all at once: stage beside, check, journal, swap; or takes everything back.
//!
//! Everything happens below `.duostack/transaction/`: `new/N` holds what will stand, `old/N` what stood
//! (the same inode, so that taking back changes nothing), `journal` lists the steps. While the journal
//! exists, the write is not done; whoever finds one takes the write back, so that a tree is old or new.

mod journal;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use journal::Step;

use super::{Access, cannot, found};
use crate::base::FOLDER;
use crate::failure::{Failure, Outcome};
use crate::processes::Stop;
use crate::tree::Content;

/// One change of the working tree.
#[derive(Clone, Debug)]
pub struct Change {
    /// From the root.
    pub path: String,
    /// What stood there when it was read; `None` where nothing may stand.
    pub old: Option<Content>,
    /// What shall stand there; `None` takes it away.
    pub new: Option<(Content, Access)>,
}

/// Told before each step, by its name; tests end the process there.
pub type Witness<'a> = &'a mut dyn FnMut(&str);

/// Makes every change or none. `stop` gives it up until the first file is swapped.
///
/// # Errors
/// Something that changed meanwhile, a path that cannot be written, Ctrl-C: the tree is as it was.
pub fn write(root: &Path, changes: &[Change], stop: &Stop, witness: Witness<'_>) -> Outcome<()> {
    let _lock = lock(root)?;
    let work = Work { root, folder: root.join(FOLDER).join("transaction") };
    let staged = work.stage(changes, stop, witness);
    let done = staged.and_then(|steps| {
        work.swap(&steps, witness).inspect_err(|_| {
            // The failure that led here matters more than one while taking back; the journal stays then.
            let _ = work.take_back(&steps);
        })
    });
    witness("tidy up");
    let _ = fs::remove_dir_all(&work.folder);
    done
}

/// Takes back a write that was killed; says whether there was one.
///
/// # Errors
/// Another duostack that is at work here, or a file that cannot be put back.
pub fn recover(root: &Path) -> Outcome<bool> {
    let work = Work { root, folder: root.join(FOLDER).join("transaction") };
    if work.folder.symlink_metadata().is_err() {
        return Ok(false);
    }
    let _lock = lock(root)?;
    let steps = match fs::read_to_string(work.journal()) {
        Err(_) => Vec::new(),
        Ok(text) => serde_json::from_str(&text).map_err(Failure::bug)?,
    };
    work.take_back(&steps).map_err(|error| {
        cannot("take back a write that was killed in", root, &error)
            .hint(format!("what stood before lies in {}", work.folder.join("old").display()))
    })?;
    fs::remove_dir_all(&work.folder).map_err(|error| cannot("tidy up", &work.folder, &error))?;
    Ok(!steps.is_empty())
}

/// One duostack at a time; the lock ends with the process.
fn lock(root: &Path) -> Outcome<Option<File>> {
    let Ok(folder) = File::open(root.join(FOLDER)) else { return Ok(None) };
    match folder.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(Failure::refused("another duostack is at work in this repository")
            .hint("wait until it is done, then try again")),
        // Not every file system locks.
        _ => Ok(Some(folder)),
    }
}

struct Work<'a> {
    root: &'a Path,
    folder: PathBuf,
}

impl Work<'_> {
    fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }

    fn staged(&self, number: usize) -> PathBuf {
        self.folder.join("new").join(number.to_string())
    }

    fn kept(&self, number: usize) -> PathBuf {
        self.folder.join("old").join(number.to_string())
    }

    /// Writes what will stand, keeps what stands, and plans the steps.
    fn stage(&self, changes: &[Change], stop: &Stop, witness: Witness<'_>) -> Outcome<Vec<Step>> {
        witness("make the stage");
        for name in ["new", "old", "back"] {
            let folder = self.folder.join(name);
            fs::create_dir_all(&folder).map_err(|error| cannot("write", &folder, &error))?;
        }
        for (number, change) in changes.iter().enumerate() {
            if stop.is_set() {
                return Err(Failure::interrupted());
            }
            witness("stage a file");
            self.stage_one(number, change).map_err(|error| {
                let failure = cannot("write", &self.root.join(&change.path), &error);
                failure.hint("nothing was changed")
            })?;
        }
        for (number, change) in changes.iter().enumerate() {
            witness("check a file");
            self.check(number, change)?;
        }
        Ok(self.plan(changes))
    }

    fn stage_one(&self, number: usize, change: &Change) -> io::Result<()> {
        let target = self.root.join(&change.path);
        let Some((content, access)) = &change.new else { return Ok(()) };
        let staged = self.staged(number);
        match content {
            Content::Link(to) => super::link(to, &staged),
            Content::Bytes(bytes) => {
                let mut file = super::create(&staged, *access)?;
                file.write_all(bytes)?;
                if let Some(permissions) = permissions_like(&target, *access) {
                    file.set_permissions(permissions)?;
                }
                Ok(())
            }
        }
    }

    /// What stands must be what was merged; the same inode is kept under `old/`.
    fn check(&self, number: usize, change: &Change) -> Outcome<()> {
        let target = self.root.join(&change.path);
        let stands = target.symlink_metadata().ok().filter(|metadata| !metadata.is_dir());
        let content = match &stands {
            None => None,
            Some(metadata) => Some(found(&target, String::new(), metadata)?.1),
        };
        if content.is_some() && change.old.is_none() {
            return Err(Failure::refused(format!(
                "{} is in the way, and nothing of yours is written over",
                change.path
            ))
            .hint("nothing was changed: take from it what you need, move or delete it, then try again"));
        }
        if content != change.old {
            return Err(Failure::refused(format!("{} changed while duostack was working", change.path))
                .hint("nothing was changed: look at it, then try again"));
        }
        if stands.is_some() {
            keep(&target, &self.kept(number)).map_err(|error| cannot("keep", &target, &error))?;
        }
        Ok(())
    }
}

/// The same file under a second name, or a copy where the file system has no such thing.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    match fs::read_link(from) {
        Ok(target) => super::link(&target.to_string_lossy(), to),
        Err(_) => fs::copy(from, to).map(|_| ()),
    }
}

/// The permissions of what stands there, with the executable bit as wanted.
#[cfg(unix)]
fn permissions_like(target: &Path, access: Access) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let mode = target.symlink_metadata().ok().filter(|metadata| metadata.is_file())?.permissions().mode() & 0o7777;
    // Whoever may read it may run it.
    let mode = if access == Access::Executable { mode | ((mode & 0o444) >> 2) } else { mode & !0o111 };
    Some(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permissions_like(_target: &Path, _access: Access) -> Option<fs::Permissions> {
    None
}
