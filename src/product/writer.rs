//! Writes the answers file: a fresh one with comments, or the owner's with only what changed.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::keys::{Accepts, KEYS, Key};
use super::{Part, Product};
use crate::advice::Advice;
use crate::pack::PackAnswers;

/// What an emission leaves in the answers about its pack.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Content hash of a pack of the owner's.
    pub hash: Option<&'a str>,
    /// Answers to its questions.
    pub answers: &'a PackAnswers,
}

/// The answers file of an emitted repository: the owner's text when there is one, else a fresh one.
/// Comments and order of the owner's text survive.
pub fn write(existing: Option<&str>, product: &Product, advice: &Advice, pack: Recorded<'_>) -> String {
    let mut document = existing.and_then(|text| text.parse::<DocumentMut>().ok()).unwrap_or_else(|| fresh(product));
    if document.get("schema").is_none() {
        document.insert("schema", value(1));
    }
    for key in KEYS {
        write_key(&mut document, key, &current(product, key));
    }
    if !same_parts(&document, product) {
        document.insert("parts", Item::ArrayOfTables(product.parts.iter().map(part_table).collect()));
    }
    write_pack(&mut document, pack.answers);
    write_decision(&mut document, advice, pack.hash);
    document.to_string()
}

/// A file with every key, in order, each closed list named beside its key.
fn fresh(product: &Product) -> DocumentMut {
    let mut text =
        String::from("# What duostack knows about this product. Edit it, then run `duostack update`.\nschema = 1\n");
    let mut table = "";
    for key in KEYS {
        if key.table != table {
            table = key.table;
            if table == "load" {
                text.push_str(
                    &product
                        .parts
                        .iter()
                        .map(|part| {
                            format!(
                                "\n[[parts]]\nname = \"{}\"\nworkload = \"{}\"\nimportance = \"{}\"\n",
                                part.name, part.workload, part.importance
                            )
                        })
                        .collect::<String>(),
                );
            }
            text.push_str(&format!("\n[{table}]\n"));
        }
        let shown = match key.accepts {
            Accepts::Flag => current(product, key),
            _ => toml_edit::Value::from(current(product, key)).to_string(),
        };
        let words = match key.accepts {
            Accepts::Words(words) => format!(" # {}", words.join(" | ")),
            _ => String::new(),
        };
        text.push_str(&format!("{} = {shown}{words}\n", key.name));
    }
    text.parse().unwrap_or_default()
}

/// Touches a key only where the file says something else, so that an untouched line stays byte for byte.
fn write_key(document: &mut DocumentMut, key: &Key, wanted: &str) {
    let table = document.get(key.table).and_then(Item::as_table_like);
    let stated = table.and_then(|table| table.get(key.name));
    let stated_text =
        stated.map(|item| item.as_str().map_or_else(|| item.to_string().trim().to_owned(), str::to_owned));
    let implied = key.path() == "product.slug" && stated.is_none();
    if implied || stated_text.as_deref().unwrap_or(key.default).trim() == wanted {
        return;
    }
    let item = match key.accepts {
        Accepts::Flag => value(wanted == "true"),
        _ => value(wanted),
    };
    let table = document.entry(key.table).or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_like_mut() else { return };
    match table.get_mut(key.name).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = old.decor().clone();
            if let Ok(mut new) = item.into_value() {
                *new.decor_mut() = decor;
                *old = new;
            }
        }
        None => {
            table.insert(key.name, item);
        }
    }
}

/// The product's value of a key, as the file spells it.
pub fn current(product: &Product, key: &Key) -> String {
    match (key.table, key.name) {
        ("product", "name") => product.name.to_string(),
        ("product", "slug") => product.slug.to_string(),
        ("product", "description") => product.description.clone(),
        ("load", "connections") => product.load.connections.to_string(),
        ("load", "computation") => product.load.computation.to_string(),
        ("team", "javascript") => product.team.javascript.to_string(),
        ("team", "python") => product.team.python.to_string(),
        ("team", "in-two-years") => product.team.in_two_years.to_string(),
        ("roadmap", "ai") => product.roadmap.ai.to_string(),
        ("roadmap", "analytics") => product.roadmap.analytics.to_string(),
        ("roadmap", "real-time") => product.roadmap.real_time.to_string(),
        ("preferences", "single-javascript-stack") => product.preferences.single_javascript_stack.to_string(),
        ("preferences", "shape") => product.preferences.shape.to_string(),
        ("preferences", "reason") => product.preferences.reason.clone(),
        ("options", "ci") => product.options.ci.to_string(),
        ("options", "license") => product.options.license.to_string(),
        (table, name) => unreachable!("{table}.{name} is not in KEYS"),
    }
}

/// Defaults are written too, so that a pack whose defaults change changes nothing that was emitted.
fn write_pack(document: &mut DocumentMut, answers: &PackAnswers) {
    for (key, text) in answers {
        let stated = document.get("pack").and_then(|table| table.get(key)).and_then(Item::as_str);
        if stated != Some(text) {
            let table = document.entry("pack").or_insert_with(|| Item::Table(Table::new()));
            if let Some(table) = table.as_table_like_mut() {
                table.insert(key, value(text));
            }
        }
    }
}

fn same_parts(document: &DocumentMut, product: &Product) -> bool {
    let Some(tables) = document.get("parts").and_then(Item::as_array_of_tables) else { return false };
    let stated = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    tables.len() == product.parts.len()
        && tables.iter().zip(&product.parts).all(|(table, part)| {
            stated(table, "name").as_deref() == Some(part.name.as_str())
                && stated(table, "workload").as_deref() == Some(part.workload.word())
                && stated(table, "importance").as_deref().unwrap_or("core") == part.importance.word()
        })
}

fn part_table(part: &Part) -> Table {
    let mut table = Table::new();
    table.insert("name", value(part.name.as_str()));
    table.insert("workload", value(part.workload.word()));
    table.insert("importance", value(part.importance.word()));
    table
}

fn write_decision(document: &mut DocumentMut, advice: &Advice, pack: Option<&str>) {
    let services: ArrayOfTables = advice
        .services
        .iter()
        .map(|service| {
            let mut table = Table::new();
            table.insert("name", value(&service.name));
            table.insert("language", value(service.language.word()));
            table.insert("role", value(service.role.word()));
            table.insert("parts", value(service.parts.iter().collect::<Array>()));
            table
        })
        .collect();
    let fresh = document.get("decision").is_none();
    let decision = document.entry("decision").or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = decision.as_table_mut() else { return };
    if fresh {
        table.decor_mut().set_prefix("\n# Written by duostack and kept by update, so that nobody argues twice.\n");
    }
    table.insert("shape", value(advice.shape.word()));
    match pack {
        Some(hash) => table.insert("pack", value(hash)),
        None => table.remove("pack"),
    };
    // What says the same already keeps the owner's comments.
    let said = |item: &Item| item.to_string().split_whitespace().collect::<String>();
    let same = table.get("services").is_some_and(|item| said(item) == said(&Item::ArrayOfTables(services.clone())));
    if !same {
        table.insert("services", Item::ArrayOfTables(services));
    }
}
