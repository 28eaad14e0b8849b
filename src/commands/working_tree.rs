//! The owner's side of a merge: what stands in the working tree, and whether git keeps it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::repository::{ANSWERS, Repository};
use crate::base::FOLDER;
use crate::disk::standing::{self, Standing};
use crate::failure::Outcome;
use crate::git::WorkTree;
use crate::merge::text::{has_markers, of};
use crate::merge::{self, Mine, Owned, Tracking};
use crate::tree::{Content, Entry, Tree};

/// Reads the working tree as far as an update can meet it.
///
/// # Errors
/// A file that cannot be read, or git that cannot say what it keeps.
pub fn read_mine(repository: &Repository, theirs: &Tree, work_tree: Option<&WorkTree>) -> Outcome<Mine> {
    let base = &repository.base.tree;
    let root = &repository.root;
    let conflicts = repository.base.conflicts.iter().map(String::as_str);
    let paths: BTreeSet<&str> = base.iter().chain(theirs.iter()).map(|(path, _)| path).chain(conflicts).collect();
    let standing = standing::read(root, paths.iter().copied())?;
    let mut mine = Mine { entries: owned(standing, |_| Tracking::Tracked) };
    let moved = merge::asks_for_renames(base, &mine, theirs);
    let contested: BTreeSet<String> = mine
        .entries
        .iter()
        .filter(|(path, own)| is_contested(base.get(path), own, theirs.get(path)))
        .map(|(path, _)| path.clone())
        .collect();
    if !moved && contested.is_empty() {
        return Ok(mine);
    }
    let tracked = match work_tree {
        Some(work_tree) => work_tree.tracked()?,
        None => BTreeSet::new(),
    };
    // A folder of which git keeps nothing is as good as without git.
    let Some(work_tree) = work_tree.filter(|_| !tracked.is_empty()) else {
        let unignored: BTreeSet<String> = standing::unignored(root).into_iter().collect();
        mark(
            &mut mine,
            &contested,
            |path| if unignored.contains(path) { Tracking::Tracked } else { Tracking::Ignored },
        );
        if moved {
            add_candidates(&mut mine, root, &unignored, Tracking::Tracked);
        }
        return Ok(mine);
    };
    let unknown: BTreeSet<String> = contested.difference(&tracked).cloned().collect();
    let ignored = work_tree.ignored(&unknown)?;
    mark(&mut mine, &unknown, |path| if ignored.contains(path) { Tracking::Ignored } else { Tracking::Untracked });
    if moved {
        add_candidates(&mut mine, root, &tracked, Tracking::Tracked);
        add_candidates(&mut mine, root, &work_tree.untracked()?, Tracking::Untracked);
    }
    Ok(mine)
}

fn owned(standing: Standing, tracking: impl Fn(&str) -> Tracking) -> BTreeMap<String, Owned> {
    let own = |(path, (content, executable)): (String, (Content, bool))| {
        let tracking = tracking(&path);
        (path, Owned { content, executable, tracking })
    };
    standing.into_iter().map(own).collect()
}

/// Whether an update would change what differs from base: then it matters whether git keeps it.
fn is_contested(base: Option<&Entry>, own: &Owned, theirs: Option<&Entry>) -> bool {
    let differs = |entry: &Entry| entry.content != own.content;
    base.is_none_or(differs) && theirs.is_none_or(differs)
}

fn mark(mine: &mut Mine, paths: &BTreeSet<String>, tracking: impl Fn(&str) -> Tracking) {
    for path in paths {
        if let Some(own) = mine.entries.get_mut(path) {
            own.tracking = tracking(path);
        }
    }
}

fn add_candidates(mine: &mut Mine, root: &Path, paths: &BTreeSet<String>, tracking: Tracking) {
    let new = paths.iter().map(String::as_str);
    let new = new.filter(|path| !mine.entries.contains_key(*path) && !path.starts_with(FOLDER) && *path != ANSWERS);
    let standing = standing::read_candidates(root, new);
    mine.entries.extend(owned(standing, |_| tracking));
}

/// Files of the owner's that hold a merge's markers which base does not.
pub fn marked(base: &Tree, mine: &Mine) -> Vec<String> {
    let holds = |content: &Content| match content {
        Content::Bytes(bytes) => of(bytes).is_some_and(has_markers),
        Content::Link(_) => false,
    };
    let stand = |(path, own): &(&String, &Owned)| {
        let old = base.get(path);
        old.is_none_or(|old| old.content != own.content)
            && holds(&own.content)
            && !old.is_some_and(|old| holds(&old.content))
    };
    mine.entries.iter().filter(stand).map(|(path, _)| path.clone()).collect()
}
