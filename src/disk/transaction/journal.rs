//! The steps of a write: planned, done under a journal, and undone in reverse.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Change, Witness, Work, keep};
use crate::disk::{found, reason};
use crate::failure::{Failure, Outcome};

/// A step of the journal, in the order in which it is done.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    MakeFolder(String),
    Put(Swap),
    Delete(Swap),
}

/// One path that changes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Swap {
    /// Its name under `new/`, and under `old/` when something stood there.
    number: usize,
    path: String,
    stood: bool,
    /// Of what shall stand there.
    hash: Option<String>,
}

impl Work<'_> {
    /// Deletions first, so that a file may give way to a folder and a folder to a file.
    pub(super) fn plan(&self, changes: &[Change]) -> Vec<Step> {
        let swap = |number: usize, change: &Change| Swap {
            number,
            path: change.path.clone(),
            stood: change.old.is_some(),
            hash: change.new.as_ref().map(|(content, _)| content.hash()),
        };
        let numbered = || changes.iter().enumerate();
        let mut steps: Vec<Step> = numbered()
            .filter(|(_, change)| change.new.is_none())
            .map(|(number, change)| Step::Delete(swap(number, change)))
            .collect();
        let mut made = BTreeSet::new();
        for (number, change) in numbered().filter(|(_, change)| change.new.is_some()) {
            for (at, _) in change.path.match_indices('/') {
                let folder = &change.path[..at];
                if !made.contains(folder) && !self.root.join(folder).is_dir() {
                    made.insert(folder.to_owned());
                    steps.push(Step::MakeFolder(folder.to_owned()));
                }
            }
            steps.push(Step::Put(swap(number, change)));
        }
        steps
    }

    pub(super) fn swap(&self, steps: &[Step], witness: Witness<'_>) -> Outcome<()> {
        let failed = |error: io::Error| {
            Failure::refused(format!("cannot change {}: {}", self.root.display(), reason(&error)))
                .hint("everything was put back as it was")
        };
        witness("write the journal");
        self.write_journal(steps).map_err(failed)?;
        for step in steps {
            witness("swap a file");
            self.do_step(step).map_err(failed)?;
        }
        witness("end the journal");
        fs::rename(self.journal(), self.folder.join("done")).map_err(failed)
    }

    /// What it lists is on the disk before it is.
    fn write_journal(&self, steps: &[Step]) -> io::Result<()> {
        sync(&self.folder)?;
        let draft = self.folder.join("draft");
        let mut file = File::create(&draft)?;
        file.write_all(serde_json::to_string(steps)?.as_bytes())?;
        file.sync_all()?;
        fs::rename(draft, self.journal())
    }

    fn do_step(&self, step: &Step) -> io::Result<()> {
        match step {
            Step::MakeFolder(path) => fs::create_dir_all(self.root.join(path)),
            Step::Delete(swap) => {
                let target = self.root.join(&swap.path);
                fs::remove_file(&target)?;
                self.prune(target.parent());
                Ok(())
            }
            Step::Put(swap) => {
                let target = self.root.join(&swap.path);
                if target.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                    fs::remove_dir(&target)?;
                }
                match fs::rename(self.staged(swap.number), &target) {
                    // Its folder was emptied by a deletion, and pruned.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        fs::create_dir_all(target.parent().unwrap_or(self.root))?;
                        fs::rename(self.staged(swap.number), target)
                    }
                    done => done,
                }
            }
        }
    }

    /// Removes folders that were emptied.
    fn prune(&self, mut folder: Option<&Path>) {
        while let Some(empty) = folder.filter(|folder| *folder != self.root) {
            if fs::remove_dir(empty).is_err() {
                break;
            }
            folder = empty.parent();
        }
    }

    /// Undoes the steps in reverse; may itself be killed and done again.
    pub(super) fn take_back(&self, steps: &[Step]) -> io::Result<()> {
        for step in steps.iter().rev() {
            match step {
                Step::MakeFolder(path) => {
                    // Not ours to remove when something else stands in it.
                    let _ = fs::remove_dir(self.root.join(path));
                }
                Step::Put(swap) | Step::Delete(swap) => self.put_back(swap)?,
            }
        }
        let _ = fs::remove_file(self.journal());
        Ok(())
    }

    /// Puts back what stood at a path, unless somebody has written there since.
    fn put_back(&self, swap: &Swap) -> io::Result<()> {
        let target = self.root.join(&swap.path);
        let stands = target.symlink_metadata().ok();
        let hash = match &stands {
            None => None,
            Some(metadata) if metadata.is_dir() => return Ok(()),
            Some(metadata) => found(&target, String::new(), metadata).ok().map(|(_, content, _)| content.hash()),
        };
        if hash != swap.hash {
            return Ok(());
        }
        if !swap.stood {
            return if stands.is_some() && self.staged(swap.number).symlink_metadata().is_err() {
                fs::remove_file(target)
            } else {
                Ok(())
            };
        }
        let copy = self.folder.join("back").join(swap.number.to_string());
        if copy.symlink_metadata().is_ok() {
            fs::remove_file(&copy)?;
        }
        keep(&self.kept(swap.number), &copy)?;
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::rename(&copy, target)
    }
}

/// One call for the whole file system is far cheaper than one for each file.
#[cfg(target_os = "linux")]
fn sync(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
