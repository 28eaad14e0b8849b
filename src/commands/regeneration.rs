//! What `update`, `add`, `status` and `diff` share: an emitted repository, and what it would become.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::advice::{self, Advice};
use crate::base::{self, Base, FOLDER, MANIFEST};
use crate::cli::AnswerArgs;
use crate::console::Console;
use crate::disk::standing::{self, Standing};
use crate::disk::transaction::{self, Change};
use crate::disk::{self, Access};
use crate::emission::Emission;
use crate::failure::{Failure, Outcome};
use crate::git::WorkTree;
use crate::merge::text::{Labels, has_markers, of};
use crate::merge::{self, Merged, Mine, Owned, Tracking};
use crate::processes::Stop;
use crate::product::answers::Answers;
use crate::product::{Product, reader};
use crate::tree::{Content, Entry, Tree};

const ANSWERS: &str = "duostack.toml";

/// An emitted repository as it stands: its answers and its base.
#[derive(Debug)]
pub struct Repository {
    /// Its folder.
    pub root: PathBuf,
    /// What was emitted last.
    pub base: Base,
    /// The answers file's text.
    text: String,
    /// The answers.
    pub answers: Answers,
}

impl Repository {
    /// The repository around the current folder; takes back what a killed write left half done.
    ///
    /// # Errors
    /// No repository here, answers that are not valid, a base that is damaged or missing.
    pub fn open(console: &Console) -> Outcome<Self> {
        let root = disk::folder_with(ANSWERS).ok_or_else(|| {
            Failure::refused(format!("there is no {ANSWERS} here or in a folder above"))
                .hint("run this inside a repository that `duostack new` emitted")
        })?;
        if transaction::recover(&root)? {
            console.note("an earlier run was killed while it wrote; everything stands as it was before that run");
        }
        let text = disk::read_text(&root.join(ANSWERS))?;
        let answers = reader::read(&text, ANSWERS)?;
        let manifest = disk::read_if_there(&root.join(MANIFEST))?.ok_or_else(|| base::damaged("it is missing"))?;
        let manifest = String::from_utf8(manifest).map_err(|_| base::damaged("the manifest is no text"))?;
        let base = Base::read(&manifest, |path| {
            disk::read_if_there(&root.join(path))?.ok_or_else(|| base::damaged(&format!("{path} is missing")))
        })?;
        Ok(Self { root, base, text, answers })
    }

    /// The recorded answers with those of the command line laid over them.
    ///
    /// # Errors
    /// An answer that is refused.
    pub fn overlay(&mut self, args: &AnswerArgs) -> Outcome<()> {
        let document = self.answers.document.clone();
        let decision = self.answers.decision.clone();
        super::overlay(&mut self.answers, args)?;
        // Comments and decision are this repository's own, whatever file was laid over them.
        (self.answers.document, self.answers.decision) = (document, decision);
        Ok(())
    }
}

/// A repository and what it would become.
#[derive(Debug)]
pub struct Regeneration {
    /// As it stands.
    pub repository: Repository,
    /// What the answers describe.
    pub product: Product,
    /// What was decided for them.
    pub advice: Advice,
    /// Theirs.
    pub emission: Emission,
    /// The working tree as far as it matters.
    pub mine: Mine,
    /// What an update makes of it.
    pub merged: Merged,
    /// Files in which an earlier update's markers still stand.
    pub marked: Vec<String>,
    work_tree: Option<WorkTree>,
    own_pack: Option<String>,
}

impl Regeneration {
    /// Renders theirs, reads mine, and merges; writes nothing.
    ///
    /// # Errors
    /// Answers or templates that are wrong, a file that cannot be read, a target behind a link.
    pub fn plan(repository: Repository, templates: Option<&Path>) -> Outcome<Self> {
        let catalogue = super::new::pack(templates)?;
        let product = repository.answers.product()?;
        let advice = match &repository.answers.decision {
            Some(decision) => advice::keep(&product, decision)?,
            None => advice::advise(&product)?,
        };
        advice::refuse_unemittable(&product, &advice)?;
        let emission = Emission::of(&product, &advice, &repository.answers, &catalogue)?;
        let work_tree = WorkTree::around(&repository.root);
        let mine = read_mine(&repository, &emission.tree, work_tree.as_ref())?;
        let labels = |path: &str| Labels {
            mine: "mine".to_owned(),
            base: match repository.base.generator(path) {
                Some(version) => format!("base (duostack {version})"),
                None => "base (no such file)".to_owned(),
            },
            theirs: format!("theirs (duostack {})", env!("CARGO_PKG_VERSION")),
        };
        let merged = merge::merge(&repository.base.tree, &mine, &emission.tree, &labels)?;
        let marked = marked(&repository.base.tree, &mine);
        let own_pack = catalogue.own_hash();
        Ok(Self { repository, product, advice, emission, mine, merged, marked, work_tree, own_pack })
    }

    /// Whether there is nothing to write.
    pub fn is_current(&self) -> bool {
        self.merged.is_empty()
            && self.emission.tree == self.repository.base.tree
            && self.emission.answers == self.repository.text
    }

    /// What to say when another pack rendered this repository last.
    pub fn other_pack(&self) -> Option<String> {
        let recorded = self.repository.answers.decision.as_ref().and_then(|decision| decision.pack.as_ref());
        let name = |pack: Option<&String>| match pack {
            Some(hash) => format!("a pack of your own ({})", &hash[..hash.len().min(12)]),
            None => "the built-in pack".to_owned(),
        };
        (recorded != self.own_pack.as_ref()).then(|| {
            format!(
                "this repository was rendered with {}, and this is {}",
                name(recorded),
                name(self.own_pack.as_ref())
            )
        })
    }

    /// Variables that `.env.example` gains and the owner's `.env` lacks; secrets are never written there.
    pub fn missing_variables(&self) -> Vec<String> {
        let names = |text: &str| -> BTreeSet<String> {
            text.lines()
                .filter_map(|line| Some(line.split_once('=')?.0.to_owned()))
                .filter(|name| !name.starts_with('#'))
                .collect()
        };
        let example = |tree: &Tree| {
            let text =
                tree.get(".env.example").map(|entry| String::from_utf8_lossy(entry.content.bytes()).into_owned());
            names(&text.unwrap_or_default())
        };
        let Ok(Some(env)) = disk::read_if_there(&self.repository.root.join(".env")) else { return Vec::new() };
        let here = names(&String::from_utf8_lossy(&env));
        let before = example(&self.repository.base.tree);
        example(&self.emission.tree).into_iter().filter(|name| !before.contains(name) && !here.contains(name)).collect()
    }

    /// Refuses to write over what nobody could bring back.
    ///
    /// # Errors
    /// Markers that still stand, or uncommitted changes unless they are allowed.
    pub fn refuse_unready(&self, allow_dirty: bool) -> Outcome<()> {
        if !self.marked.is_empty() {
            return Err(Failure::refused(format!(
                "markers of an earlier merge still stand in {}",
                listed(&self.marked)
            ))
            .hint("decide between them, delete the marker lines, then update"));
        }
        let Some(work_tree) = self.work_tree.as_ref().filter(|_| !allow_dirty) else { return Ok(()) };
        let uncommitted = work_tree.uncommitted()?;
        // Right after an update its own files are uncommitted; with nothing to do there is nothing to protect.
        if self.is_current() && uncommitted.iter().any(|path| path == MANIFEST) {
            return Ok(());
        }
        let in_the_way =
            self.merged.verdicts.iter().filter(|verdict| verdict.dispute == Some(merge::Dispute::Untracked));
        let paths: Vec<String> = uncommitted
            .into_iter()
            // The answers are what an update is told by; only [decision] is written there.
            .filter(|path| path != ANSWERS && !path.starts_with(FOLDER))
            .chain(in_the_way.map(|verdict| verdict.path.clone()))
            .collect();
        if paths.is_empty() {
            return Ok(());
        }
        Err(Failure::refused(format!("there are uncommitted changes: {}", listed(&paths)))
            .hint("commit or stash them first, so that git can undo the update: `git add -A && git commit`")
            .hint("`--allow-dirty` goes on all the same; edits are merged, never lost"))
    }

    /// Writes tree, answers and base, all or nothing.
    ///
    /// # Errors
    /// Whatever stopped it; everything is as it was then.
    pub fn write(&self, stop: &Stop) -> Outcome<()> {
        transaction::write(&self.repository.root, &self.changes()?, stop, &mut |_| {})
    }

    fn changes(&self) -> Outcome<Vec<Change>> {
        let standing = |path: &str| self.mine.entries.get(path).map(|own| own.content.clone());
        let mut changes: Vec<Change> = self
            .merged
            .puts
            .iter()
            .map(|(path, (content, executable))| {
                let access = if *executable { Access::Executable } else { Access::Plain };
                Change { path: path.clone(), old: standing(path), new: Some((content.clone(), access)) }
            })
            .collect();
        let gone = |path: &String| Change { path: path.clone(), old: standing(path), new: None };
        changes.extend(self.merged.deletes.iter().filter(|path| !self.merged.puts.contains_key(*path)).map(gone));
        changes.extend(self.own_changes()?);
        Ok(changes)
    }

    /// Answers and base, where they differ from what stands.
    fn own_changes(&self) -> Outcome<Vec<Change>> {
        let root = &self.repository.root;
        let mut changes = Vec::new();
        let mut change = |path: &str, new: Option<Content>| -> Outcome<()> {
            let old = disk::read_if_there(&root.join(path))?.map(|bytes| Content::Bytes(Cow::Owned(bytes)));
            if old != new {
                let new = new.map(|content| (content, Access::Plain));
                changes.push(Change { path: path.to_owned(), old, new });
            }
            Ok(())
        };
        change(ANSWERS, Some(Content::Bytes(Cow::Owned(self.emission.answers.clone().into_bytes()))))?;
        let items = base::items(&self.emission.tree, &self.emission.pack, &self.repository.base);
        let known = &self.repository.base.blobs;
        for item in &items {
            // A blob that is there was checked when the base was read.
            if !known.contains(item.path.as_ref()) {
                change(&item.path, Some(item.content.clone().into_owned()))?;
            }
        }
        let kept: BTreeSet<&str> = items.iter().map(|item| item.path.as_ref()).collect();
        known.iter().filter(|path| !kept.contains(path.as_str())).try_for_each(|path| change(path, None))?;
        Ok(changes)
    }
}

/// The first few of many paths.
fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = paths.len().saturating_sub(SHOWN);
    let shown = paths.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Reads the working tree as far as an update can meet it.
fn read_mine(repository: &Repository, theirs: &Tree, work_tree: Option<&WorkTree>) -> Outcome<Mine> {
    let base = &repository.base.tree;
    let root = &repository.root;
    let paths: BTreeSet<&str> = base.iter().chain(theirs.iter()).map(|(path, _)| path).collect();
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
fn marked(base: &Tree, mine: &Mine) -> Vec<String> {
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
