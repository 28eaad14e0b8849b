//! What a merge decided, path by path, and what it takes to get there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::{Mine, Owned};
use crate::failure::{Failure, Outcome};
use crate::tree::{Content, Entry, Tree};

/// Ending of a file that is laid beside the owner's.
pub const BESIDE: &str = ".theirs";

/// What became of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// New.
    Created,
    /// Theirs, or both, are in it now.
    Merged,
    /// The owner's stays.
    Kept,
    /// Gone, for nobody had touched it.
    Deleted,
    /// Left to the owner to decide.
    Conflict,
    /// As it was.
    Unchanged,
}

/// Why something is left to the owner to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dispute {
    /// Both changed the same lines.
    Text,
    /// Both added a file here.
    BothAdded,
    /// The owner changed it, the templates dropped it.
    Dropped,
    /// Both changed what is no text.
    Binary,
    /// Both changed it, and one of them is a link.
    Kind,
    /// A file stands where the other side has a folder.
    Folder,
    /// Both renamed it; the owner to this path.
    Renamed(String),
    /// The owner's is not tracked by git.
    Untracked,
    /// The owner's is ignored by git.
    Ignored,
}

impl Dispute {
    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Dispute::Text => "text",
            Dispute::BothAdded => "both-added",
            Dispute::Dropped => "dropped",
            Dispute::Binary => "binary",
            Dispute::Kind => "link",
            Dispute::Folder => "folder",
            Dispute::Renamed(_) => "renamed",
            Dispute::Untracked => "untracked",
            Dispute::Ignored => "ignored",
        }
    }

    /// One sentence for people.
    pub fn sentence(&self) -> String {
        let told = match self {
            Dispute::Text => "both changed the same lines: decide between the markers",
            Dispute::BothAdded => "both added it, with different contents: keep what you want of each",
            Dispute::Dropped => "you changed it, the templates dropped it: yours stays, delete it if you agree",
            Dispute::Binary => "both changed it and it is no text: yours stays, theirs lies beside it",
            Dispute::Kind => "both changed it and one is a link: yours stays, theirs lies beside it",
            Dispute::Folder => "a file stands where the other has a folder: yours stays, theirs lies beside it",
            Dispute::Renamed(mine) => {
                return format!("you renamed it to {mine}, the templates to this: both are there");
            }
            Dispute::Untracked => "yours is not tracked by git and stays; theirs lies beside it",
            Dispute::Ignored => "yours is ignored by git and stays; theirs lies beside it",
        };
        told.to_owned()
    }
}

impl Serialize for Dispute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What was decided for one path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// From the root, where the file is afterwards.
    pub path: String,
    /// The layer that emits it.
    pub layer: String,
    /// What became of it.
    pub state: State,
    /// Why it is a conflict.
    #[serde(rename = "kind", skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Dispute>,
    /// Where it was before.
    #[serde(rename = "from", skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// Where theirs lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// Something worth knowing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
}

impl Verdict {
    /// Whether it is written with markers, for the owner to decide between.
    pub fn is_marked(&self) -> bool {
        self.beside.is_none() && matches!(self.dispute, Some(Dispute::Text | Dispute::BothAdded))
    }
}

/// The merged tree, as changes of mine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Sorted by path.
    pub verdicts: Vec<Verdict>,
    /// What is to be written, with its executable bit.
    pub puts: BTreeMap<String, (Content, bool)>,
    /// What is to be taken away.
    pub deletes: BTreeSet<String>,
}

impl Merged {
    /// The verdicts in one state.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(move |verdict| verdict.state == state)
    }

    /// Whether the working tree would stay as it is.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }
}

/// Collects verdicts and changes, then looks for what stands in the way.
pub(super) struct Ledger<'a> {
    base: &'a Tree,
    mine: &'a Mine,
    verdicts: BTreeMap<String, Verdict>,
    puts: BTreeMap<String, (Content, bool)>,
    deletes: BTreeSet<String>,
    moved: BTreeMap<String, String>,
    besides: BTreeMap<String, String>,
}

impl<'a> Ledger<'a> {
    pub fn new(base: &'a Tree, mine: &'a Mine) -> Self {
        Self {
            base,
            mine,
            verdicts: BTreeMap::new(),
            puts: BTreeMap::new(),
            deletes: BTreeSet::new(),
            moved: BTreeMap::new(),
            besides: BTreeMap::new(),
        }
    }

    fn rule(&mut self, path: &str, layer: &str, state: State, dispute: Option<Dispute>, notice: Option<String>) {
        let verdict = Verdict {
            path: path.to_owned(),
            layer: layer.to_owned(),
            state,
            dispute,
            moved_from: self.moved.get(path).cloned(),
            beside: self.besides.get(path).cloned(),
            notice,
        };
        self.verdicts.insert(path.to_owned(), verdict);
    }

    pub fn unchanged(&mut self, path: &str, layer: &str) {
        self.rule(path, layer, State::Unchanged, None, None);
    }

    pub fn keep(&mut self, path: &str, layer: &str, notice: Option<String>) {
        self.rule(path, layer, State::Kept, None, notice);
    }

    pub fn merged(&mut self, path: &str, layer: &str) {
        self.rule(path, layer, State::Merged, None, None);
    }

    pub fn conflict(&mut self, path: &str, layer: &str, dispute: Dispute) {
        self.rule(path, layer, State::Conflict, Some(dispute), None);
    }

    pub fn delete(&mut self, path: &str, layer: &str) {
        self.deletes.insert(path.to_owned());
        self.rule(path, layer, State::Deleted, None, None);
    }

    pub fn create(&mut self, path: &str, theirs: &Entry) {
        self.put(path, theirs.content.clone(), theirs.executable);
        let notice = self.deleted_folder(path).map(|folder| format!("created in {folder}/, which you had deleted"));
        self.rule(path, &theirs.layer, State::Created, None, notice);
    }

    pub fn put(&mut self, path: &str, content: Content, executable: bool) {
        self.puts.insert(path.to_owned(), (content, executable));
    }

    /// The same bytes with another executable bit, when it is another.
    pub fn put_mode(&mut self, path: &str, mine: &Owned, executable: bool) {
        if executable != mine.executable {
            self.put(path, mine.content.clone(), executable);
        }
    }

    /// Lays theirs beside the owner's.
    pub fn beside(&mut self, path: &str, theirs: &Entry) {
        let beside = format!("{path}{BESIDE}");
        self.put(&beside, theirs.content.clone(), theirs.executable);
        self.besides.insert(path.to_owned(), beside);
    }

    /// A file goes with its edits to another path.
    pub fn follow(&mut self, old: &str, new: &str) {
        self.deletes.insert(old.to_owned());
        self.moved.insert(new.to_owned(), old.to_owned());
    }

    /// Whether something of the owner's stands above a path or below it.
    pub fn is_in_the_way(&self, path: &str) -> bool {
        self.file_above(path).is_some() || self.mine.below(path).next().is_some()
    }

    /// The folder of base's above a path of which nothing is left.
    fn deleted_folder<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.find(|folder| self.base.has_below(folder) && self.mine.below(folder).next().is_none())
    }

    /// Moves aside what something of the owner's stands in the way of.
    pub fn close(mut self) -> Outcome<Merged> {
        for path in self.puts.keys() {
            self.refuse_behind_link(path)?;
        }
        let blocked: Vec<String> = self.puts.keys().filter(|path| self.is_blocked(path)).cloned().collect();
        for path in blocked {
            let Some((content, executable)) = self.puts.remove(&path) else { continue };
            let beside = self.way_around(&path);
            self.puts.insert(beside.clone(), (content, executable));
            // The owner's edits did not follow after all, so the old path stays.
            if let Some(old) = self.moved.get(&path) {
                self.deletes.remove(old);
            }
            if let Some(verdict) = self.verdicts.get_mut(&path) {
                (verdict.state, verdict.dispute, verdict.beside) =
                    (State::Conflict, Some(Dispute::Folder), Some(beside));
            }
        }
        Ok(Merged { verdicts: self.verdicts.into_values().collect(), puts: self.puts, deletes: self.deletes })
    }

    fn stays(&self, path: &str) -> bool {
        self.mine.entries.contains_key(path) && !self.deletes.contains(path)
    }

    /// Whether a file stays above a path, or files below it.
    fn is_blocked(&self, path: &str) -> bool {
        self.file_above(path).is_some() || self.mine.below(path).any(|below| !self.deletes.contains(below))
    }

    fn file_above<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.match_indices('/').map(|(at, _)| &path[..at]).find(|above| self.stays(above))
    }

    fn way_around(&self, path: &str) -> String {
        match self.file_above(path) {
            Some(above) => format!("{above}{BESIDE}{}", &path[above.len()..]),
            None => format!("{path}{BESIDE}"),
        }
    }

    fn refuse_behind_link(&self, path: &str) -> Outcome<()> {
        let Some(above) = self.file_above(path) else { return Ok(()) };
        match self.mine.entries.get(above).map(|own| &own.content) {
            Some(Content::Link(target)) => Err(Failure::refused(format!(
                "{path} would be written behind the link {above} → {target}, and duostack writes behind none"
            ))
            .hint(format!("make {above} a real folder again, or move the link to another name, then update"))),
            _ => Ok(()),
        }
    }
}
