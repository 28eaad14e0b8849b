//! Answers as they were given, each with its origin, until they make a Product. Later sources win.

use std::collections::BTreeMap;
use std::fmt;

use super::decision::Decision;
use super::keys::{self, Accepts, Key};
use super::*;
use crate::failure::{Failure, Outcome, nearest};
use crate::name::BadName;

/// Where an answer came from, as a person would look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of an answers file.
    Line {
        /// The file as the user named it.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// A flag as typed.
    Flag(String),
    /// A question of the interview.
    Question,
    /// `--yes`, where there is no default.
    Assumed,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Line { file, line } => write!(f, "{file}:{line}"),
            Origin::Flag(flag) => f.write_str(flag),
            Origin::Question => f.write_str("the answer"),
            Origin::Assumed => f.write_str("--yes"),
            Origin::Default => f.write_str("the default"),
        }
    }
}

/// One answer; flags are kept as `true` and `false`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The word or text.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
}

/// One part, as far as it was described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartAnswer {
    /// `name`, `workload`, `importance`.
    pub values: BTreeMap<&'static str, Answer>,
}

impl PartAnswer {
    /// The part's name, when it has one.
    pub fn name(&self) -> Option<&str> {
        self.values.get("name").map(|answer| answer.text.as_str())
    }
}

/// Everything answered so far.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub(super) values: BTreeMap<String, Answer>,
    /// The parts, in order; empty means nobody has named one.
    pub parts: Vec<PartAnswer>,
    /// The file whose comments and order a rewrite keeps.
    pub document: Option<String>,
    /// What that file says was decided before.
    pub decision: Option<Decision>,
}

impl Answers {
    /// The answer at a dotted path.
    pub fn get(&self, path: &str) -> Option<&Answer> {
        self.values.get(path)
    }

    /// The answers to a pack's own questions, by dotted path.
    pub fn of_pack(&self) -> impl Iterator<Item = (&String, &Answer)> {
        self.values.iter().filter(|(path, _)| path.starts_with("pack."))
    }

    /// Records an answer to a question of a pack; whether the pack asks it shows when the pack is known.
    pub fn answer_pack(&mut self, path: &str, text: &str, origin: Origin) {
        self.values.insert(path.to_owned(), Answer { text: text.to_owned(), origin });
    }

    /// Whether nobody has answered this yet.
    pub fn is_open(&self, path: &str) -> bool {
        !self.values.contains_key(path)
    }

    /// Records a single-valued answer, checked against the key's closed list.
    ///
    /// # Errors
    /// A word that the key does not accept.
    pub fn answer(&mut self, key: &Key, text: &str, origin: Origin) -> Outcome<()> {
        check_word(key, text, &origin)?;
        self.values.insert(key.path(), Answer { text: text.to_owned(), origin });
        Ok(())
    }

    /// Takes an answer back, so that it is open again.
    pub fn withdraw(&mut self, path: &str) {
        self.values.remove(path);
    }

    /// Lays later answers over these.
    pub fn overlay(&mut self, later: Answers) {
        self.values.extend(later.values);
        if !later.parts.is_empty() {
            self.parts = later.parts;
        }
        if later.document.is_some() {
            self.document = later.document;
            self.decision = later.decision;
        }
    }

    /// The product, with defaults for all that is open.
    ///
    /// # Errors
    /// No name, no part, a name that breaks its rule, or a part that is named twice.
    pub fn product(&self) -> Outcome<Product> {
        let name = self.name()?;
        let slug = self.slug(&name)?;
        Ok(Product {
            name,
            slug,
            description: self.text("product.description")?,
            parts: self.product_parts()?,
            load: Load { connections: self.word("load.connections")?, computation: self.word("load.computation")? },
            team: Team {
                javascript: self.word("team.javascript")?,
                python: self.word("team.python")?,
                in_two_years: self.word("team.in-two-years")?,
            },
            roadmap: Roadmap {
                ai: self.word("roadmap.ai")?,
                analytics: self.word("roadmap.analytics")?,
                real_time: self.word("roadmap.real-time")?,
            },
            preferences: Preferences {
                single_javascript_stack: self.raw("preferences.single-javascript-stack").0 == "true",
                shape: self.word("preferences.shape")?,
                reason: self.text("preferences.reason")?,
            },
            options: Options { ci: self.word("options.ci")?, license: self.word("options.license")? },
        })
    }

    fn raw(&self, path: &str) -> (&str, Origin) {
        match self.values.get(path) {
            Some(answer) => (&answer.text, answer.origin.clone()),
            None => (keys::find(path).map_or("", |key| key.default), Origin::Default),
        }
    }

    fn word<W: Word>(&self, path: &str) -> Outcome<W> {
        let (text, origin) = self.raw(path);
        W::read(text).ok_or_else(|| Failure::bug(format!("{origin}: `{text}` passed as {path}")))
    }

    /// One line of text: what ends up in headings, manifests and comments must not break them.
    fn text(&self, path: &str) -> Outcome<String> {
        let (text, origin) = self.raw(path);
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(Failure::refused(format!("{origin}: {path} is one line of printable characters"))
                .hint("leave out line breaks and tabs; longer text belongs in the emitted README"));
        }
        Ok(text.to_owned())
    }

    fn name(&self) -> Outcome<ProductName> {
        let (text, origin) = self.raw("product.name");
        if matches!(origin, Origin::Default) {
            return Err(Failure::refused("the product has no name")
                .hint("add `--set product.name=\"Harbor Pulse\"`, or `name = …` under [product] in the answers file"));
        }
        ProductName::new(text).map_err(|bad| bad_name(&origin, "product.name", text, bad))
    }

    fn slug(&self, name: &ProductName) -> Outcome<Slug> {
        let (text, origin) = self.raw("product.slug");
        if !text.is_empty() {
            return Slug::new(text).map_err(|bad| bad_name(&origin, "product.slug", text, bad));
        }
        let origin = self.raw("product.name").1;
        Slug::from_name(name).map_err(|bad| bad_name(&origin, "product.slug", "", bad))
    }

    fn product_parts(&self) -> Outcome<Vec<Part>> {
        if self.parts.is_empty() {
            return Err(Failure::refused("the product has no part")
                .hint("add `--set parts.NAME.workload=WORKLOAD`, or a [[parts]] table in the answers file")
                .hint(format!("workloads: {}", Workload::WORDS.join(", "))));
        }
        let mut parts: Vec<Part> = Vec::new();
        for answer in &self.parts {
            let part = part(answer)?;
            if parts.iter().any(|earlier| earlier.name == part.name) {
                let origin = &answer.values["name"].origin;
                return Err(Failure::refused(format!("{origin}: two parts are called `{}`", part.name))
                    .hint("a part's name is unique: rename one of them"));
            }
            parts.push(part);
        }
        Ok(parts)
    }
}

/// A word list that an answer is read into.
pub trait Word: Sized {
    /// The value with that spelling.
    fn read(word: &str) -> Option<Self>;
}

macro_rules! word {
    ($($name:ident),+) => {$(impl Word for $name { fn read(word: &str) -> Option<Self> { Self::from_word(word) } })+};
}
word!(Workload, Importance, Connections, Computation, Skill, TeamAhead, Outlook, ShapeChoice, Ci, License);

fn part(answer: &PartAnswer) -> Outcome<Part> {
    let origin = answer.values.values().next().map_or(Origin::Default, |value| value.origin.clone());
    let missing = |key: &str| {
        Failure::refused(format!("{origin}: a part has no {key}"))
            .hint("each part has a name and a workload: `--set parts.NAME.workload=WORKLOAD`, or both in its [[parts]] table")
            .hint(format!("workloads: {}", Workload::WORDS.join(", ")))
    };
    let name = answer.values.get("name").ok_or_else(|| missing("name"))?;
    let workload = answer.values.get("workload").ok_or_else(|| missing("workload"))?;
    let importance = answer.values.get("importance").map_or("core", |value| &value.text);
    Ok(Part {
        name: PartName::new(&name.text).map_err(|bad| bad_name(&name.origin, "parts.name", &name.text, bad))?,
        workload: Workload::from_word(&workload.text).ok_or_else(|| missing("workload"))?,
        importance: Importance::from_word(importance).ok_or_else(|| missing("importance"))?,
    })
}

fn bad_name(origin: &Origin, path: &str, typed: &str, bad: BadName) -> Failure {
    let shown = if typed.is_empty() { String::new() } else { format!(" {typed:?}") };
    let failure = Failure::refused(format!("{origin}: {path}{shown} is refused: {}", bad.rule));
    let failure = match bad.suggestion {
        Some(name) => failure.hint(format!("`{name}` would do")),
        None => failure.hint("a name that would do: `Harbor Pulse`"),
    };
    match path {
        "product.slug" => failure.hint("say another with `--set product.slug=…`, or `slug = …` under [product]"),
        _ => failure,
    }
}

/// Refuses a word outside the key's list, with the nearest word and the whole list.
pub(super) fn check_word(key: &Key, text: &str, origin: &Origin) -> Outcome<()> {
    let words: &[&str] = match key.accepts {
        Accepts::Words(words) => words,
        Accepts::Flag => &["true", "false"],
        Accepts::Text => return Ok(()),
    };
    accept(&key.path(), words, text, origin)
}

/// Refuses a word outside a list.
pub(super) fn accept(path: &str, words: &[&str], text: &str, origin: &Origin) -> Outcome<()> {
    if words.contains(&text) {
        return Ok(());
    }
    let failure = Failure::refused(format!("{origin}: {path} does not accept {text:?}"));
    Err(with_nearest(failure, text, words).hint(format!("{path} accepts: {}", words.join(", "))))
}

/// Adds the nearest valid word to a refusal.
pub(super) fn with_nearest(failure: Failure, typed: &str, words: &[&str]) -> Failure {
    match nearest(typed, words.iter().copied()) {
        Some(word) => failure.hint(format!("did you mean `{word}`?")),
        None => failure,
    }
}
