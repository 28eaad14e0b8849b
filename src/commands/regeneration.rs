//! What `update`, `add`, `status` and `diff` share: what a repository would become, and the way there.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use super::repository::{ANSWERS, Repository};
use super::working_tree::{marked, read_mine};
use crate::advice::{self, Advice};
use crate::base::{self, FOLDER, MANIFEST};
use crate::disk::transaction::{self, Change};
use crate::disk::{self, Access};
use crate::emission::Emission;
use crate::failure::{Failure, Outcome};
use crate::git::WorkTree;
use crate::merge::text::Labels;
use crate::merge::{self, BESIDE, Merged, Mine, Verdict};
use crate::processes::Stop;
use crate::product::Product;
use crate::tree::{Content, Tree};

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
        let own_pack = catalogue.is_own(&emission.pack).then(|| emission.pack.clone());
        Ok(Self { repository, product, advice, emission, mine, merged, marked, work_tree, own_pack })
    }

    /// Files of theirs that an earlier update laid beside and that still lie there.
    pub fn beside(&self) -> Vec<&String> {
        let still = |path: &&String| path.ends_with(BESIDE) && self.mine.entries.contains_key(*path);
        self.repository.base.conflicts.iter().filter(still).collect()
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
        let beside = self.merged.verdicts.iter().filter_map(|verdict| verdict.beside.clone());
        let taken: Vec<String> = beside.filter(|path| disk::stands(&self.repository.root.join(path))).collect();
        if !taken.is_empty() {
            return Err(Failure::refused(format!("theirs has no place: {} stands there", listed(&taken)))
                .hint("take from it what you need, then move or delete it, and update again"));
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
        // What is laid beside takes a free place: nothing may stand there, not even an earlier one.
        let beside: BTreeSet<&String> =
            self.merged.verdicts.iter().filter_map(|verdict| verdict.beside.as_ref()).collect();
        let standing = |path: &String| {
            self.mine.entries.get(path).filter(|_| !beside.contains(path)).map(|own| own.content.clone())
        };
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
        let left = |verdict: &Verdict| {
            let marked = verdict.is_marked().then(|| verdict.path.clone());
            marked.into_iter().chain(verdict.beside.clone())
        };
        let conflicts: Vec<String> = self.merged.verdicts.iter().flat_map(left).collect();
        let items = base::items(&self.emission.tree, &self.emission.pack, &self.repository.base, &conflicts);
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
