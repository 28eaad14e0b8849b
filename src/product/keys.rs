//! The answers file's closed list of keys: what each accepts, its default, and why it is asked.

use super::{Ci, Computation, Connections, License, Outlook, ShapeChoice, Skill, TeamAhead};

/// What a key accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepts {
    /// Any line of text.
    Text,
    /// `true` or `false`.
    Flag,
    /// One word of a closed list.
    Words(&'static [&'static str]),
}

/// One key of the answers file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The table it stands in.
    pub table: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it accepts.
    pub accepts: Accepts,
    /// The value when nobody says anything.
    pub default: &'static str,
}

impl Key {
    /// Dotted path, as in `--set`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }
}

const fn key(table: &'static str, name: &'static str, accepts: Accepts, default: &'static str) -> Key {
    Key { table, name, accepts, default }
}

/// Every single-valued key, in the order of the file.
pub const KEYS: &[Key] = &[
    key("product", "name", Accepts::Text, ""),
    key("product", "slug", Accepts::Text, ""),
    key("product", "description", Accepts::Text, ""),
    key("load", "connections", Accepts::Words(Connections::WORDS), "hundreds"),
    key("load", "computation", Accepts::Words(Computation::WORDS), "light"),
    key("team", "javascript", Accepts::Words(Skill::WORDS), "some"),
    key("team", "python", Accepts::Words(Skill::WORDS), "some"),
    key("team", "in-two-years", Accepts::Words(TeamAhead::WORDS), "mixed"),
    key("roadmap", "ai", Accepts::Words(Outlook::WORDS), "no"),
    key("roadmap", "analytics", Accepts::Words(Outlook::WORDS), "no"),
    key("roadmap", "real-time", Accepts::Words(Outlook::WORDS), "no"),
    key("preferences", "single-javascript-stack", Accepts::Flag, "false"),
    key("preferences", "shape", Accepts::Words(ShapeChoice::WORDS), "auto"),
    key("preferences", "reason", Accepts::Text, ""),
    key("options", "ci", Accepts::Words(Ci::WORDS), "github"),
    key("options", "license", Accepts::Words(License::WORDS), "none"),
];

/// Every table, in the order of the file; `parts` and `decision.services` are lists of tables,
/// and the keys of `pack` are the pack's.
pub const TABLES: &[&str] =
    &["product", "parts", "load", "team", "roadmap", "preferences", "options", "pack", "decision"];

/// Keys of one entry of `[[parts]]`.
pub const PART_KEYS: &[&str] = &["name", "workload", "importance"];

/// The key at a dotted path.
pub fn find(path: &str) -> Option<&'static Key> {
    let (table, name) = path.split_once('.')?;
    KEYS.iter().find(|key| key.table == table && key.name == name)
}

/// The names of a table's keys.
pub fn names_in(table: &str) -> Vec<&'static str> {
    match table {
        "parts" => PART_KEYS.to_vec(),
        "pack" => Vec::new(),
        "decision" => vec!["shape", "services", "pack"],
        _ => KEYS.iter().filter(|key| key.table == table).map(|key| key.name).collect(),
    }
}
