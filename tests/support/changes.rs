//! The judged changes of a contract, as `changes.toml` tells them.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, Table};

/// What the comparison has to say of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Breaking,
    Judgement,
    Undecided,
    Safe,
}

pub struct Change {
    pub verdict: Verdict,
    pub name: String,
    pub file: String,
    /// Pairs of text and what takes its place; without any the file is gone.
    edits: Vec<(String, String)>,
}

/// The edits that make the release, and every change of it.
pub fn judged() -> (Change, Vec<Change>) {
    let document: DocumentMut = include_str!("changes.toml").parse().unwrap();
    let kinds = [
        ("breaking", Verdict::Breaking),
        ("judgement", Verdict::Judgement),
        ("undecided", Verdict::Undecided),
        ("safe", Verdict::Safe),
    ];
    let changes = kinds.iter().flat_map(|(kind, verdict)| {
        document[kind].as_array_of_tables().unwrap().iter().map(|table| Change::read(*verdict, table))
    });
    (Change::read(Verdict::Safe, document["release"].as_table().unwrap()), changes.collect())
}

/// Whether it is compared by itself; schemas are common to them.
pub fn is_document(path: &str) -> bool {
    path.starts_with("openapi/") || path.starts_with("asyncapi/")
}

impl Change {
    fn read(verdict: Verdict, table: &Table) -> Self {
        let text = |key: &str| table.get(key).and_then(|value| value.as_str()).unwrap_or("release").to_owned();
        let pair = |index: usize, edit: &toml_edit::Value| {
            edit.as_array().unwrap().get(index).unwrap().as_str().unwrap().to_owned()
        };
        let edits = table.get("edits").map(|edits| edits.as_array().unwrap().iter());
        let edits = edits.into_iter().flatten().map(|edit| (pair(0, edit), pair(1, edit))).collect();
        Self { verdict, name: text("name"), file: text("file"), edits }
    }

    /// The documents that may differ by it: the file itself, or all that refer to it, by way of other schemas too.
    pub fn touches(&self, contract: &BTreeMap<String, String>) -> Vec<String> {
        let mut reached = vec![self.file.clone()];
        let mut at = 0;
        while let Some(file) = reached.get(at) {
            let name = file.rsplit('/').next().unwrap();
            let mut more: Vec<_> = contract
                .iter()
                .filter(|(path, text)| file.starts_with("schemas/") && text.contains(name) && !reached.contains(path))
                .map(|(path, _)| path.clone())
                .collect();
            reached.append(&mut more);
            at += 1;
        }
        reached.retain(|path| is_document(path));
        reached.sort();
        reached
    }

    /// Makes the change; every text stands exactly once.
    pub fn apply(&self, contract: &mut BTreeMap<String, String>) {
        let text = contract.get_mut(&self.file).unwrap_or_else(|| panic!("{}: no {}", self.name, self.file));
        for (old, new) in &self.edits {
            assert_eq!(text.matches(old).count(), 1, "{}: {old:?} in {}", self.name, self.file);
            *text = text.replacen(old, new, 1);
        }
        if self.edits.is_empty() {
            contract.remove(&self.file);
        }
    }
}
