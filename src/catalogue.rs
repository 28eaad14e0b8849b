//! The layers to render from: the built-in pack (embedded), or a folder of the user's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use handlebars::Template;
use include_dir::{Dir, DirEntry, include_dir};
use sha2::{Digest, Sha256};

use crate::blueprint::{Mount, is_fact};
use crate::failure::{Failure, Outcome, nearest};
use crate::locks::Supersets;
use crate::pack::{self, Question};
use crate::tree::{Content, hex};

static BUILT_IN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Embedded files lose their executable bit; these get it back (a test compares with the folder).
const EXECUTABLE: &[&str] = &[];

/// Endings of prose and configuration: only these may be filled in. Code is never a template.
const FILLED_IN: &[&str] = &[
    ".md",
    ".json",
    ".toml",
    ".yaml",
    ".yml",
    ".txt",
    "Dockerfile",
    ".env.example",
    "LICENSE",
    ".gitignore",
    ".dockerignore",
];

/// One file of a layer, below the layer's mount.
#[derive(Clone, Debug)]
pub struct Source {
    /// Relative to the layer; ends in `.hbs` when it is filled in.
    pub path: String,
    /// Bytes or link.
    pub content: Content,
    /// Whether it may be executed.
    pub executable: bool,
    /// What is filled in, parsed once for however many services.
    pub template: OnceLock<Template>,
}

/// One folder of the pack.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The folder's name, such as `node+chat`.
    pub name: String,
    /// Where its files land.
    pub mount: Mount,
    /// The facts after each `+`, all of which must hold.
    pub facts: Vec<String>,
    /// Sorted by path.
    pub sources: Vec<Source>,
}

/// A pack, checked.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// General layers first, then by name.
    pub layers: Vec<Layer>,
    /// What it asks beyond the common answers.
    pub questions: Vec<Question>,
    /// What its locks are cut from.
    pub supersets: Supersets,
    /// Whether it is the one inside this binary.
    pub built_in: bool,
}

/// One file of a pack as it was found: path from the pack's root, content, executable bit.
pub type Found = (String, Content, bool);

impl Catalogue {
    /// The pack inside this binary.
    ///
    /// # Errors
    /// Only when the binary was built from a broken pack.
    pub fn built_in() -> Outcome<Self> {
        let mut catalogue = Self::from_files(built_in_files())?;
        catalogue.built_in = true;
        Ok(catalogue)
    }

    /// A pack from its files.
    ///
    /// # Errors
    /// The first wrong layer or file.
    pub fn from_files(files: Vec<Found>) -> Outcome<Self> {
        let mut layers: BTreeMap<String, Vec<Source>> = BTreeMap::new();
        let mut questions = Vec::new();
        let mut supersets = Supersets::default();
        for (path, content, executable) in files {
            let Some((layer, path)) = path.split_once('/') else {
                if path == pack::FILE {
                    questions = pack::read(content.text(&path)?)?;
                }
                supersets.take(&path, content);
                continue;
            };
            check_source(layer, path)?;
            layers.entry(layer.to_owned()).or_default().push(Source {
                path: path.to_owned(),
                content,
                executable,
                template: OnceLock::new(),
            });
        }
        let mut layers = layers
            .into_iter()
            .map(|(name, sources)| Layer::new(name, sources, &questions))
            .collect::<Outcome<Vec<_>>>()?;
        if !layers.iter().any(|layer| layer.name == "repository") {
            return Err(Failure::refused("the pack has no `repository/` layer").hint("`repository/` is the layer that lands at the root, always; `duostack templates export DIR` writes a pack to start from"));
        }
        layers.sort_by(|a, b| a.facts.len().cmp(&b.facts.len()).then_with(|| a.name.cmp(&b.name)));
        Ok(Self { layers, questions, supersets, built_in: false })
    }

    /// Content hash of the whole pack: paths, modes and bytes, whatever the order on disk.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(format!("{:?}\n", self.questions));
        for (name, superset) in self.supersets.files() {
            hasher.update(format!("superset {} {name}\n", superset.bytes().len()));
            hasher.update(superset.bytes());
        }
        for layer in &self.layers {
            for source in &layer.sources {
                let kind = match &source.content {
                    Content::Link(_) => "link",
                    Content::Bytes(_) if source.executable => "exec",
                    Content::Bytes(_) => "file",
                };
                hasher.update(format!("{kind} {} {}/{}\n", source.content.bytes().len(), layer.name, source.path));
                hasher.update(source.content.bytes());
            }
        }
        hex(&hasher.finalize())
    }

    /// Whether the pack with this hash is the owner's: not the one inside this binary, nor a copy of it.
    pub fn is_own(&self, hash: &str) -> bool {
        !self.built_in && !Self::built_in().is_ok_and(|built_in| built_in.hash() == hash)
    }
}

impl Layer {
    fn new(name: String, sources: Vec<Source>, questions: &[Question]) -> Outcome<Self> {
        let mut words = name.split('+');
        let mount_word = words.next().unwrap_or_default();
        let mount = Mount::from_word(mount_word).ok_or_else(|| unknown_mount(&name, mount_word))?;
        let facts: Vec<String> = words.map(str::to_owned).collect();
        let asked = |fact: &String| questions.iter().flat_map(Question::facts).any(|given| given == *fact);
        if let Some(fact) = facts.iter().find(|fact| !is_fact(fact) && !asked(fact)) {
            return Err(unknown_fact(&name, fact));
        }
        Ok(Self { name, mount, facts, sources })
    }
}

/// Every file of the built-in pack, in order of path.
pub fn built_in_files() -> Vec<Found> {
    fn walk(dir: &Dir<'static>, files: &mut Vec<Found>) {
        for entry in dir.entries() {
            match entry {
                DirEntry::Dir(dir) => walk(dir, files),
                DirEntry::File(file) => {
                    let path = file.path().to_string_lossy().replace('\\', "/");
                    let executable = EXECUTABLE.contains(&path.as_str());
                    files.push((path, Content::Bytes(Cow::Borrowed(file.contents())), executable));
                }
            }
        }
    }
    let mut files = Vec::new();
    walk(&BUILT_IN, &mut files);
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files
}

fn check_source(layer: &str, path: &str) -> Outcome<()> {
    let at = |failure: Failure| Failure { source: anyhow::anyhow!("{layer}/{path}: {failure}"), ..failure };
    let Some(stem) = path.strip_suffix(".hbs") else { return Ok(()) };
    if FILLED_IN.iter().any(|ending| stem.ends_with(ending)) {
        return Ok(());
    }
    Err(at(Failure::refused("code is never a template"))
        .hint(format!("only prose and configuration may end in .hbs: {}", FILLED_IN.join(", ")))
        .hint("let the code read what varies at run time, or put the varying file into a layer of its own"))
}

fn unknown_mount(layer: &str, word: &str) -> Failure {
    let words: Vec<String> = Mount::words();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let failure = Failure::refused(format!("{layer}/: a layer's name begins with its mount, and `{word}` is none"));
    let failure = match nearest(word, words.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure,
    };
    failure.hint(format!("mounts: {}", words.join(", ")))
}

fn unknown_fact(layer: &str, fact: &str) -> Failure {
    let facts = crate::blueprint::all_facts();
    let failure = Failure::refused(format!("{layer}/: `+{fact}` is no fact that a layer can depend on"));
    let failure = match nearest(fact, facts.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `+{near}`?")),
        None => failure,
    };
    failure.hint(format!("facts: {}", facts.join(", ")))
}
