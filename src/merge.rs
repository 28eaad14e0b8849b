//! (base, mine, theirs) → Merged: what an update makes of three trees. Pure.
//!
//! Nothing of the owner's is ever lost: what cannot be merged stays theirs and is listed as a conflict,
//! with the other version between markers or laid beside it.

mod file;
pub mod form;
pub mod locks;
pub mod manifest;
mod outcome;
mod regions;
mod renames;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use outcome::{BESIDE, Dispute, Merged, State, Verdict};

use crate::failure::Outcome;
use crate::tree::{Content, Entry, Tree};
use file::File;
use outcome::Ledger;
use renames::{Candidate, pair};
use text::Labels;

/// Whether git would bring a file back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// In the index; without git, everything that no `.gitignore` names.
    Tracked,
    /// Neither in the index nor ignored.
    Untracked,
    /// Named by a `.gitignore`.
    Ignored,
}

/// What stands at a path of the working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Bytes or link.
    pub content: Content,
    /// Whether it may be executed.
    pub executable: bool,
    /// Whether git would bring it back.
    pub tracking: Tracking,
}

/// The working tree, as far as an update can meet it: what stands at the paths of base and theirs, in
/// their way, and, where something of base's is missing, every other file that is not ignored.
#[derive(Clone, Debug, Default)]
pub struct Mine {
    /// By path from the root.
    pub entries: BTreeMap<String, Owned>,
}

impl Mine {
    /// Paths below a folder.
    fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a String> {
        let prefix = format!("{folder}/");
        self.entries.range(prefix.clone()..).map(|(path, _)| path).take_while(move |path| path.starts_with(&prefix))
    }
}

/// Merges three trees; `labels` names the sides of a file, by its path.
///
/// # Errors
/// When theirs would be written behind a link.
pub fn merge(base: &Tree, mine: &Mine, theirs: &Tree, labels: &dyn Fn(&str) -> Labels) -> Outcome<Merged> {
    let moves = Moves::find(base, mine, theirs);
    let mut ledger = Ledger::new(base, mine);
    for (path, old) in base.iter() {
        let mine_at = moves.mine.get(path).map_or(path, String::as_str);
        let theirs_at = moves.theirs.get(path).map_or(path, String::as_str);
        let thread = Thread {
            path,
            base: old,
            mine_at,
            theirs_at,
            mine: mine.entries.get(mine_at),
            theirs: theirs.get(theirs_at),
        };
        thread.settle(&mut ledger, labels);
    }
    let arrived: BTreeSet<&String> = moves.theirs.values().collect();
    for (path, new) in theirs.iter().filter(|(path, _)| base.get(path).is_none()) {
        if arrived.contains(&path.to_owned()) {
            continue;
        }
        match mine.entries.get(path) {
            Some(own) => in_place(&mut ledger, path, None, own, new, labels),
            None => ledger.create(path, new),
        }
    }
    ledger.close()
}

/// Whether a rename of the owner's could matter: something of base's is gone, and theirs changed it.
pub fn asks_for_renames(base: &Tree, mine: &Mine, theirs: &Tree) -> bool {
    base.iter().any(|(path, old)| is_gone(path, old, mine, theirs))
}

fn is_gone(path: &str, old: &Entry, mine: &Mine, theirs: &Tree) -> bool {
    !mine.entries.contains_key(path) && theirs.get(path).is_none_or(|new| new.content != old.content)
}

/// Old path → new path, on each side.
struct Moves {
    mine: BTreeMap<String, String>,
    theirs: BTreeMap<String, String>,
}

impl Moves {
    fn find(base: &Tree, mine: &Mine, theirs: &Tree) -> Self {
        let dropped: Vec<Candidate<'_>> = base
            .iter()
            .filter(|(path, old)| {
                // An untouched file that theirs renamed is simply taken away here and created there.
                theirs.get(path).is_none() && mine.entries.get(*path).is_none_or(|own| own.content != old.content)
            })
            .filter_map(|(path, entry)| candidate(path, &entry.content))
            .collect();
        let new = |in_mine: bool| -> Vec<Candidate<'_>> {
            theirs
                .iter()
                .filter(|(path, _)| base.get(path).is_none() && mine.entries.contains_key(*path) == in_mine)
                .filter_map(|(path, entry)| candidate(path, &entry.content))
                .collect()
        };
        let mut theirs_moves = pair(&dropped, &new(false));
        let gone: Vec<Candidate<'_>> = base
            .iter()
            .filter(|(path, old)| is_gone(path, old, mine, theirs))
            .filter_map(|(path, entry)| candidate(path, &entry.content))
            .collect();
        // Both renamed it alike: it is new on both sides, and gone on both.
        let alike = pair(&gone, &new(true));
        let others: Vec<Candidate<'_>> = mine
            .entries
            .iter()
            .filter(|(path, own)| {
                // What an earlier update laid beside is no file of the owner's.
                let own_file = own.tracking != Tracking::Ignored && !path.ends_with(BESIDE);
                own_file && base.get(path).is_none() && theirs.get(path).is_none()
            })
            .filter_map(|(path, own)| candidate(path, &own.content))
            .collect();
        let gone: Vec<_> = gone.into_iter().filter(|file| !alike.contains_key(file.path)).collect();
        let mut mine_moves = pair(&gone, &others);
        for (old, new) in alike.into_iter().filter(|(old, _)| theirs.get(old).is_none()) {
            theirs_moves.insert(old.clone(), new.clone());
            mine_moves.insert(old, new);
        }
        Self { mine: mine_moves, theirs: theirs_moves }
    }
}

fn candidate<'a>(path: &'a str, content: &'a Content) -> Option<Candidate<'a>> {
    match content {
        Content::Bytes(bytes) => Some(Candidate { path, bytes }),
        Content::Link(_) => None,
    }
}

/// One file of base's, wherever the sides have it now.
struct Thread<'a> {
    path: &'a str,
    base: &'a Entry,
    mine_at: &'a str,
    theirs_at: &'a str,
    mine: Option<&'a Owned>,
    theirs: Option<&'a Entry>,
}

impl Thread<'_> {
    fn settle(&self, ledger: &mut Ledger<'_>, labels: &dyn Fn(&str) -> Labels) {
        match (self.mine, self.theirs) {
            (None, None) => {}
            (None, Some(theirs)) => self.gone(ledger, theirs),
            (Some(mine), None) => self.dropped(ledger, mine),
            (Some(mine), Some(theirs)) => self.both(ledger, mine, theirs, labels),
        }
    }

    /// I deleted it: it stays deleted.
    fn gone(&self, ledger: &mut Ledger<'_>, theirs: &Entry) {
        let moved = self.theirs_at != self.path;
        if !moved && theirs.content != self.base.content && ledger.is_in_the_way(self.path) {
            // Turned into a folder, or its folder into a file: not simply deleted.
            ledger.put(self.path, theirs.content.clone(), theirs.executable);
            return ledger.conflict(self.path, &theirs.layer, Dispute::Folder);
        }
        let notice = match moved {
            true => {
                Some(format!("you deleted it; the templates renamed it to {}, which stays away too", self.theirs_at))
            }
            false if theirs.content == self.base.content => None,
            false => Some("you deleted it and it stays deleted; the templates changed it".to_owned()),
        };
        ledger.keep(self.path, &theirs.layer, notice);
    }

    /// Theirs dropped it: it goes, unless I touched it.
    fn dropped(&self, ledger: &mut Ledger<'_>, mine: &Owned) {
        let layer = &self.base.layer;
        let untouched = match mine.tracking {
            Tracking::Tracked => {
                file::same(&mine.content, &self.base.content) && mine.executable == self.base.executable
            }
            _ => mine.content == self.base.content,
        };
        if self.mine_at == self.path && untouched {
            ledger.delete(self.path, layer);
        } else if mine.tracking == Tracking::Tracked || self.mine_at != self.path {
            ledger.conflict(self.mine_at, layer, Dispute::Dropped);
        } else {
            let notice = "the templates dropped it; yours is not tracked by git, so it stays".to_owned();
            ledger.keep(self.path, layer, Some(notice));
        }
    }

    fn both(&self, ledger: &mut Ledger<'_>, mine: &Owned, theirs: &Entry, labels: &dyn Fn(&str) -> Labels) {
        let (moved_mine, moved_theirs) = (self.mine_at != self.path, self.theirs_at != self.path);
        if !moved_theirs || self.mine_at == self.theirs_at {
            return in_place(ledger, self.mine_at, Some((self.path, self.base)), mine, theirs, labels);
        }
        if moved_mine {
            ledger.put(self.theirs_at, theirs.content.clone(), theirs.executable);
            return ledger.conflict(self.theirs_at, &theirs.layer, Dispute::Renamed(self.mine_at.to_owned()));
        }
        if mine.tracking != Tracking::Tracked {
            ledger.create(self.theirs_at, theirs);
            return self.dropped(ledger, mine);
        }
        ledger.follow(self.path, self.theirs_at);
        match file::merge(self.theirs_at, Some(self.base), mine, theirs, &labels(self.path)) {
            File::Mine | File::Relock(_) => {
                ledger.put(self.theirs_at, mine.content.clone(), mine.executable);
                ledger.merged(self.theirs_at, &theirs.layer);
            }
            other => record(ledger, self.theirs_at, other, mine, theirs, false),
        }
    }
}

/// Mine and theirs stand at one path.
fn in_place(
    ledger: &mut Ledger<'_>,
    path: &str,
    base: Option<(&str, &Entry)>,
    mine: &Owned,
    theirs: &Entry,
    labels: &dyn Fn(&str) -> Labels,
) {
    let old = base.map(|(_, entry)| entry);
    let changed_by_me = old.is_none_or(|old| old.content != mine.content || old.executable != mine.executable);
    let changed_by_them = old.is_none_or(|old| old.content != theirs.content || old.executable != theirs.executable);
    if mine.content == theirs.content && mine.executable == theirs.executable {
        return ledger.unchanged(path, &theirs.layer);
    }
    if !changed_by_them {
        return ledger.keep(path, &theirs.layer, None);
    }
    if mine.tracking != Tracking::Tracked && old.is_none_or(|old| old.content != mine.content) {
        let dispute = if mine.tracking == Tracking::Ignored { Dispute::Ignored } else { Dispute::Untracked };
        ledger.beside(path, theirs);
        return ledger.conflict(path, &theirs.layer, dispute);
    }
    let label_path = base.map_or(path, |(path, _)| path);
    let file = file::merge(path, old, mine, theirs, &labels(label_path));
    match file {
        File::Mine if changed_by_me => ledger.keep(path, &theirs.layer, None),
        File::Mine => ledger.unchanged(path, &theirs.layer),
        other => record(ledger, path, other, mine, theirs, old.is_none()),
    }
}

fn record(ledger: &mut Ledger<'_>, path: &str, file: File, mine: &Owned, theirs: &Entry, both_added: bool) {
    let layer = &theirs.layer;
    match file {
        File::Mine => ledger.unchanged(path, layer),
        File::Written(content, executable) => {
            ledger.put(path, content, executable);
            ledger.merged(path, layer);
        }
        File::Relock(command) => {
            let notice = format!("both changed this lock file and yours stays: `{command}` brings it up to date");
            ledger.keep(path, layer, Some(notice));
        }
        File::Marked(content, executable) => {
            ledger.put(path, content, executable);
            ledger.conflict(path, layer, if both_added { Dispute::BothAdded } else { Dispute::Text });
        }
        File::Beside(dispute, executable) => {
            ledger.put_mode(path, mine, executable);
            ledger.beside(path, theirs);
            ledger.conflict(path, layer, if both_added { Dispute::BothAdded } else { dispute });
        }
    }
}
