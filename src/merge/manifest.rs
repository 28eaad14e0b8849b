//! Manifests (package.json, pyproject.toml) merged key by key, where their lines conflict.
//!
//! Three documents are compared as plain values; what theirs changed and mine did not becomes an edit of
//! mine's own text, so that its order, comments and layout stay.

mod json;
mod toml;

use serde_json::{Map, Value};

use super::text::{self, Labels, Lines};

/// Keys of package.json whose entries' order has a meaning: taken or refused whole.
const ORDERED: &[&str] = &["exports", "imports"];
/// Lists that are sets: each entry is merged on its own.
const SETS: &[&str] =
    &["workspaces", "files", "keywords", "dependencies", "optional-dependencies", "dependency-groups"];

/// One change of mine's document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edit {
    /// A key gets the value that the third side has there.
    Set(Vec<String>, Value),
    /// A key goes.
    Remove(Vec<String>),
    /// In a list at a key, one entry goes, comes, or gives way to another.
    Entry { list: Vec<String>, old: Option<Value>, new: Option<Value> },
}

/// Which side's value a conflicting key shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Mine,
    Base,
    Theirs,
}

/// Whether a path is merged key by key.
pub fn is_manifest(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("package.json" | "pyproject.toml"))
}

/// Whether a manifest's text can be read, and says no key twice.
pub fn is_sound(path: &str, text: &str) -> bool {
    match path.ends_with(".json") {
        true => json::is_sound(text),
        false => toml::value(text).is_some(),
    }
}

/// The merge by keys, or nothing where a side cannot be read. Keys that truly conflict carry markers.
pub fn merge(path: &str, base: &str, mine: &str, theirs: &str, labels: &Labels) -> Option<Lines> {
    let language: &dyn Language = if path.ends_with(".json") { &json::Json } else { &toml::Toml };
    let [base_value, mine_value, theirs_value] =
        [language.value(base)?, language.value(mine)?, language.value(theirs)?];
    let mut conflicts = 0;
    let mut shown = |shown| {
        let mut comparison = Comparison { shown, edits: Vec::new(), conflicts: 0 };
        comparison.objects(&mut Vec::new(), &base_value, &mine_value, &theirs_value);
        conflicts = comparison.conflicts;
        language.apply(mine, [theirs, base], &comparison.edits)
    };
    let (base, mine, theirs) = (shown(Shown::Base)?, shown(Shown::Mine)?, shown(Shown::Theirs)?);
    // The three differ in the conflicting keys alone, so markers stand around nothing else.
    let merged = text::merge(&base, &mine, &theirs, labels);
    (conflicts == 0 || merged.conflicts > 0).then_some(merged)
}

/// What JSON and TOML have to know of their own.
trait Language {
    /// The document as a plain object.
    fn value(&self, text: &str) -> Option<Map<String, Value>>;
    /// Mine's text with the edits made, in the writing of whichever lender has the value.
    fn apply(&self, mine: &str, lenders: [&str; 2], edits: &[Edit]) -> Option<String>;
}

struct Comparison {
    shown: Shown,
    edits: Vec<Edit>,
    conflicts: usize,
}

type Object = Map<String, Value>;

impl Comparison {
    fn objects(&mut self, path: &mut Vec<String>, base: &Object, mine: &Object, theirs: &Object) {
        let gone = base.keys().filter(|key| !theirs.contains_key(*key));
        for key in theirs.keys().chain(gone) {
            path.push(key.clone());
            self.key(path, base.get(key), mine.get(key), theirs.get(key));
            path.pop();
        }
    }

    fn key(&mut self, path: &mut Vec<String>, base: Option<&Value>, mine: Option<&Value>, theirs: Option<&Value>) {
        if theirs == base || mine == theirs {
            return;
        }
        if mine == base {
            return self.put(path, theirs);
        }
        match (base, mine, theirs) {
            (base, Some(Value::Object(mine)), Some(Value::Object(theirs))) if !ordered(path) => {
                let none = Map::new();
                self.objects(path, base.and_then(Value::as_object).unwrap_or(&none), mine, theirs);
            }
            (base, Some(Value::Array(mine)), Some(Value::Array(theirs))) if is_set(path) => {
                self.set(path, base.and_then(Value::as_array).map_or(&[], Vec::as_slice), mine, theirs);
            }
            _ => {
                self.conflicts += 1;
                match self.shown {
                    Shown::Mine => {}
                    Shown::Base => self.put(path, base),
                    Shown::Theirs => self.put(path, theirs),
                }
            }
        }
    }

    fn put(&mut self, path: &[String], value: Option<&Value>) {
        self.edits.push(match value {
            Some(value) => Edit::Set(path.to_vec(), value.clone()),
            None => Edit::Remove(path.to_vec()),
        });
    }

    /// Entries are told apart by what they name: a requirement by its package, anything else by itself.
    fn set(&mut self, path: &[String], base: &[Value], mine: &[Value], theirs: &[Value]) {
        let find = |list: &[Value], name: &str| list.iter().find(|entry| named(entry) == name).cloned();
        let mut names: Vec<String> = theirs.iter().chain(base).map(named).collect();
        names.dedup();
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        for name in names {
            let (base, mine, theirs) = (find(base, &name), find(mine, &name), find(theirs, &name));
            if theirs == base || mine == theirs {
                continue;
            }
            self.conflicts += usize::from(mine != base);
            let new = match self.shown {
                _ if mine == base => theirs,
                Shown::Mine => continue,
                Shown::Base => base,
                Shown::Theirs => theirs,
            };
            if mine != new {
                self.edits.push(Edit::Entry { list: path.to_vec(), old: mine, new });
            }
        }
    }
}

fn ordered(path: &[String]) -> bool {
    path.iter().any(|key| ORDERED.contains(&key.as_str()))
}

fn is_set(path: &[String]) -> bool {
    path.iter().any(|key| SETS.contains(&key.as_str()))
}

/// The package of a requirement, in lower case; of other entries the whole value.
fn named(entry: &Value) -> String {
    let Some(text) = entry.as_str() else { return entry.to_string() };
    let end = text.find(|letter: char| "=<>!~;[ @".contains(letter)).filter(|end| *end > 0);
    text[..end.unwrap_or(text.len())].to_lowercase()
}
