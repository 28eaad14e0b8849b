//! What was decided when the repository was last emitted, as the answers file records it.

use toml_edit::TableLike;

use super::reader::Reader;
use super::{Language, Role, Shape};
use crate::failure::{Failure, Outcome};
use crate::name::PartName;

/// A shape, its services, and the pack that rendered them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The languages.
    pub shape: Shape,
    /// As they stand under `services/`.
    pub services: Vec<Decided>,
    /// Content hash of the owner's pack; nothing for the built-in one.
    pub pack: Option<String>,
}

/// One service as it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Folder under `services/`.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// What it does.
    pub role: Role,
    /// Names of its parts.
    pub parts: Vec<String>,
}

const KEYS: &[&str] = &["shape", "services", "pack"];
const SERVICE_KEYS: &[&str] = &["name", "language", "role", "parts"];

impl Decision {
    /// Reads `[decision]`; nothing where it is empty.
    ///
    /// # Errors
    /// A key or word outside the closed lists.
    pub(super) fn read(reader: &Reader<'_>, table: &dyn TableLike) -> Outcome<Option<Self>> {
        reader.known_keys(table, "decision", KEYS)?;
        let Some(shape) = reader.word(table, "decision.shape", "shape", Shape::WORDS)? else { return Ok(None) };
        let services = match table.get("services") {
            None => Vec::new(),
            Some(item) => reader
                .tables(item)
                .ok_or_else(|| wrong_services(reader, table))?
                .into_iter()
                .map(|service| Decided::read(reader, service))
                .collect::<Outcome<_>>()?,
        };
        let pack = table.get("pack").and_then(|item| item.as_str()).map(str::to_owned);
        Ok(Shape::from_word(&shape).map(|shape| Self { shape, services, pack }))
    }
}

fn wrong_services(reader: &Reader<'_>, table: &dyn TableLike) -> Failure {
    Failure::refused(format!("{}: decision.services is a list of tables", reader.origin(table, "services")))
        .hint("take [decision] away and the decision is made anew")
}

impl Decided {
    fn read(reader: &Reader<'_>, table: &dyn TableLike) -> Outcome<Self> {
        reader.known_keys(table, "decision.services", SERVICE_KEYS)?;
        let missing = |key: &str| {
            Failure::refused(format!("{}: a decided service has no {key}", reader.origin(table, "name")))
                .hint("take [decision] away and the decision is made anew")
        };
        let path = |key: &str| format!("decision.services.{key}");
        let language = reader.word(table, &path("language"), "language", Language::WORDS)?;
        let role = reader.word(table, &path("role"), "role", Role::WORDS)?;
        let name = table.get("name").and_then(|item| item.as_str()).ok_or_else(|| missing("name"))?;
        PartName::new(name).map_err(|bad| {
            Failure::refused(format!("{}: decision.services.name {name:?}: {}", reader.origin(table, "name"), bad.rule))
                .hint("take [decision] away and the decision is made anew")
        })?;
        let parts = table.get("parts").and_then(|item| item.as_array());
        Ok(Self {
            name: name.to_owned(),
            language: language.and_then(|word| Language::from_word(&word)).ok_or_else(|| missing("language"))?,
            role: role.and_then(|word| Role::from_word(&word)).ok_or_else(|| missing("role"))?,
            parts: parts.into_iter().flatten().filter_map(|part| part.as_str().map(str::to_owned)).collect(),
        })
    }
}
