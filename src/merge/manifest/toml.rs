//! pyproject.toml: compared as values, edited as a document that keeps its comments.

use serde_json::{Map, Value, json};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike};

use super::{Edit, Language};

pub(super) struct Toml;

impl Language for Toml {
    fn value(&self, text: &str) -> Option<Map<String, Value>> {
        value(text)
    }

    fn apply(&self, mine: &str, lenders: [&str; 2], edits: &[Edit]) -> Option<String> {
        let mut document = mine.parse::<DocumentMut>().ok()?;
        let lenders = [lenders[0].parse::<DocumentMut>().ok()?, lenders[1].parse::<DocumentMut>().ok()?];
        edits.iter().try_for_each(|edit| apply(&mut document, edit, &lenders))?;
        Some(document.to_string())
    }
}

/// The document as a plain object; nothing when it does not parse.
pub(super) fn value(text: &str) -> Option<Map<String, Value>> {
    Some(object(text.parse::<DocumentMut>().ok()?.as_table()))
}

fn object(table: &dyn TableLike) -> Map<String, Value> {
    table.iter().map(|(key, item)| (key.to_owned(), plain(item))).collect()
}

fn plain(item: &Item) -> Value {
    match item {
        Item::None => Value::Null,
        Item::Table(table) => Value::Object(object(table)),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| Value::Object(object(table))).collect(),
        Item::Value(value) => plain_value(value),
    }
}

fn plain_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => json!(text.value()),
        toml_edit::Value::Integer(number) => json!(number.value()),
        toml_edit::Value::Float(number) => json!(number.value()),
        toml_edit::Value::Boolean(flag) => json!(flag.value()),
        toml_edit::Value::Datetime(time) => json!({ "datetime": time.value().to_string() }),
        toml_edit::Value::Array(entries) => entries.iter().map(plain_value).collect(),
        toml_edit::Value::InlineTable(table) => Value::Object(object(table)),
    }
}

fn apply(document: &mut DocumentMut, edit: &Edit, lenders: &[DocumentMut]) -> Option<()> {
    match edit {
        Edit::Set(path, value) => {
            let (key, folder) = path.split_last()?;
            let written =
                lenders.iter().filter_map(|lender| find(lender, path)).find(|item| plain(item) == *value).cloned();
            let table = folder.iter().try_fold(document.as_table_mut() as &mut dyn TableLike, |table, key| {
                table.entry(key).or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()
            })?;
            let mut item = written.or_else(|| item(value))?;
            if let (Some(old), Some(new)) = (table.get(key).and_then(Item::as_value), item.as_value_mut()) {
                *new.decor_mut() = old.decor().clone();
            }
            table.insert(key, item);
        }
        Edit::Remove(path) => {
            let (key, folder) = path.split_last()?;
            let table = folder.iter().try_fold(document.as_table_mut() as &mut dyn TableLike, |table, key| {
                table.get_mut(key)?.as_table_like_mut()
            })?;
            table.remove(key);
        }
        Edit::Entry { list, old, new } => entry(find_mut(document, list)?.as_array_mut()?, old.as_ref(), new.as_ref()),
    }
    Some(())
}

fn entry(array: &mut Array, old: Option<&Value>, new: Option<&Value>) {
    let standing = old.and_then(|old| array.iter().position(|value| plain_value(value) == *old));
    let value = new.and_then(Value::as_str).map(toml_edit::Value::from);
    match (standing, value) {
        (Some(index), Some(value)) => {
            array.replace(index, value);
        }
        (Some(index), None) => {
            array.remove(index);
        }
        (None, Some(mut value)) => {
            let sorted = array.iter().map(|value| value.as_str().unwrap_or_default()).is_sorted();
            let index = match value.as_str() {
                Some(text) if sorted => {
                    array.iter().take_while(|other| other.as_str().unwrap_or_default() < text).count()
                }
                _ => array.len(),
            };
            let prefix = array.iter().last().and_then(|last| last.decor().prefix()).and_then(|prefix| prefix.as_str());
            // A comment stays with the entry it was written for.
            let prefix = prefix.map(|prefix| {
                prefix.rsplit_once('\n').map_or_else(|| prefix.to_owned(), |(_, indent)| format!("\n{indent}"))
            });
            value.decor_mut().set_prefix(prefix.unwrap_or_default());
            array.insert_formatted(index, value);
        }
        (None, None) => {}
    }
}

fn find<'a>(document: &'a DocumentMut, path: &[String]) -> Option<&'a Item> {
    path.iter().try_fold(document.as_item(), |item, key| item.get(key))
}

fn find_mut<'a>(document: &'a mut DocumentMut, path: &[String]) -> Option<&'a mut Item> {
    path.iter().try_fold(document.as_item_mut(), |item, key| item.as_table_like_mut()?.get_mut(key))
}

/// A plain value as an item; nothing for what TOML cannot say.
fn item(value: &Value) -> Option<Item> {
    let text = format!("value = {}\n", inline(value)?);
    text.parse::<DocumentMut>().ok()?.remove("value")
}

fn inline(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Object(keys) if keys.len() == 1 && keys.contains_key("datetime") => {
            keys["datetime"].as_str()?.to_owned()
        }
        Value::Object(keys) => {
            let entries = keys.iter().map(|(key, value)| Some(format!("{} = {}", json!(key), inline(value)?)));
            format!("{{ {} }}", entries.collect::<Option<Vec<_>>>()?.join(", "))
        }
        Value::Array(entries) => {
            format!("[{}]", entries.iter().map(inline).collect::<Option<Vec<_>>>()?.join(", "))
        }
        other => other.to_string(),
    })
}
