//! Base: the pristine tree as last emitted, kept under `.duostack/` for the next update.
//!
//! Blobs are named by their hash. Git stores a blob once that is equal to the emitted file, editors and test
//! runners find no second `main.ts`, and only the manifest can ever conflict in a rebase.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::disk::{Access, Item};
use crate::failure::{Failure, Outcome};
use crate::tree::{Content, Entry, Tree, check_path};

/// Folder of everything that is ours in an emitted repository.
pub const FOLDER: &str = ".duostack";
/// The manifest's path from the root.
pub const MANIFEST: &str = ".duostack/manifest.json";
/// Folder of the bytes.
pub const BLOBS: &str = ".duostack/base/";
/// Version of the manifest's form.
const FORMAT: u32 = 1;

const README: &str = "This folder is duostack's memory of what it emitted last: `manifest.json` lists every file, `base/` holds each\n\
one's bytes under the name of their SHA-256. `duostack update` compares it with your files to keep your edits.\n\
Commit it; never edit it.\n";
/// Git must neither convert these bytes nor show them in a review.
const ATTRIBUTES: &str = "* -text -diff linguist-generated\n";
/// What an update that was killed leaves behind, until the next one tidies up.
const IGNORED: &str = "/transaction/\n";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    mode: String,
    hash: String,
    layer: String,
    generator: String,
}

#[derive(Deserialize)]
struct Manifest {
    format: u32,
    pack: String,
    #[serde(default)]
    conflicts: Vec<String>,
    files: Vec<Line>,
}

/// What was emitted last.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Every file as it was emitted.
    pub tree: Tree,
    /// Content hash of the pack that rendered it.
    pub pack: String,
    /// Path → version of the duostack that emitted it so.
    generators: BTreeMap<String, String>,
    /// Paths of the blobs, from the root.
    pub blobs: BTreeSet<String>,
    /// What the last update left to decide: files with markers, and those it laid beside.
    pub conflicts: Vec<String>,
}

impl Base {
    /// Reads a manifest; `blob` lends the bytes of a path under `.duostack/`.
    ///
    /// # Errors
    /// A manifest of another form, a path that leaves the root, a blob that is missing or not what its name says.
    pub fn read(manifest: &str, mut blob: impl FnMut(&str) -> Outcome<Vec<u8>>) -> Outcome<Self> {
        let manifest: Manifest = serde_json::from_str(manifest).map_err(|error| damaged(&error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(Failure::refused(format!(
                "{MANIFEST} has format {}, and this duostack reads format {FORMAT}",
                manifest.format
            ))
            .hint("install a newer duostack"));
        }
        manifest.conflicts.iter().try_for_each(|path| check_path(path))?;
        let mut base = Self { pack: manifest.pack, conflicts: manifest.conflicts, ..Self::default() };
        for line in manifest.files {
            let path = blob_path(&line.hash).ok_or_else(|| damaged(&format!("{:?} is no hash", line.hash)))?;
            let bytes = blob(&path)?;
            base.blobs.insert(path);
            let content = match line.mode.as_str() {
                LINK => Content::Link(String::from_utf8(bytes).map_err(|_| damaged(&line.path))?),
                _ => Content::Bytes(Cow::Owned(bytes)),
            };
            if content.hash() != line.hash {
                return Err(damaged(&format!("the bytes kept for {} are not those that were emitted", line.path)));
            }
            base.generators.insert(line.path.clone(), line.generator);
            base.tree.insert(line.path, Entry { content, executable: line.mode == EXECUTABLE, layer: line.layer })?;
        }
        Ok(base)
    }

    /// The version that emitted a file, for the label of its side.
    pub fn generator(&self, path: &str) -> Option<&str> {
        self.generators.get(path).map(String::as_str)
    }

    /// The version to record for a file: the one that emitted these very bytes first, so that a new
    /// version alone changes no line of the manifest.
    fn version_of(&self, path: &str, entry: &Entry) -> &str {
        let earlier = self.generator(path).filter(|_| self.tree.get(path) == Some(entry));
        earlier.unwrap_or(env!("CARGO_PKG_VERSION"))
    }
}

const PLAIN: &str = "100644";
const EXECUTABLE: &str = "100755";
const LINK: &str = "120000";

/// Everything under `.duostack/`, for a tree rendered from the pack with this hash, after an earlier base; with the
/// paths of what is left to decide.
pub fn items(tree: &Tree, pack: &str, earlier: &Base, conflicts: &[String]) -> Vec<Item<'static>> {
    let mut blobs: BTreeMap<String, Content> = BTreeMap::new();
    let mut lines = Vec::with_capacity(tree.len());
    for (path, entry) in tree.iter() {
        let hash = entry.content.hash();
        let line = Line {
            path: path.to_owned(),
            mode: mode(entry).to_owned(),
            hash: hash.clone(),
            layer: entry.layer.clone(),
            generator: earlier.version_of(path, entry).to_owned(),
        };
        lines.push(format!("    {}", serde_json::to_string(&line).unwrap_or_default()));
        let bytes = match &entry.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Link(target) => Cow::Owned(target.clone().into_bytes()),
        };
        blobs.insert(hash, Content::Bytes(bytes));
    }
    let conflicts = match conflicts {
        [] => String::new(),
        paths => format!("  \"conflicts\": {},\n", serde_json::to_string(paths).unwrap_or_default()),
    };
    let manifest = format!(
        "{{\n  \"format\": {FORMAT},\n  \"pack\": \"{pack}\",\n{conflicts}  \"files\": [\n{}\n  ]\n}}\n",
        lines.join(",\n")
    );
    let texts = [("README.md", README), (".gitattributes", ATTRIBUTES), (".gitignore", IGNORED)];
    let mut items: Vec<_> =
        texts.iter().map(|(name, text)| item(format!("{FOLDER}/{name}"), text.as_bytes().into())).collect();
    items.push(item(MANIFEST.to_owned(), manifest.into_bytes().into()));
    items.extend(blobs.into_iter().map(|(hash, content)| Item {
        path: blob_path(&hash).unwrap_or_default().into(),
        content: Cow::Owned(content),
        access: Access::Plain,
    }));
    items
}

/// Where the bytes with a hash are kept, when it is one.
fn blob_path(hash: &str) -> Option<String> {
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hash.then(|| format!("{BLOBS}{}/{}", &hash[..2], &hash[2..]))
}

/// A refusal of a base that cannot be trusted, with the ways to another.
pub fn damaged(what: &str) -> Failure {
    Failure::refused(format!("the base in {FOLDER}/ is damaged: {what}")).hint(format!(
        "bring it back from git: `git checkout HEAD -- {FOLDER}`"
    ))
    .hint(format!(
        "or rebuild it: `duostack new ../fresh --answers duostack.toml --no-git`, then put ../fresh/{FOLDER} in its place"
    ))
}

fn item(path: String, bytes: Cow<'static, [u8]>) -> Item<'static> {
    Item { path: path.into(), content: Cow::Owned(Content::Bytes(bytes)), access: Access::Plain }
}

/// Git's words for what an entry is.
fn mode(entry: &Entry) -> &'static str {
    match (&entry.content, entry.executable) {
        (Content::Link(_), _) => LINK,
        (Content::Bytes(_), true) => EXECUTABLE,
        (Content::Bytes(_), false) => PLAIN,
    }
}
