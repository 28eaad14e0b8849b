//! package.json: compared as values, edited as a concrete syntax tree.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Map, Value};

use super::{Edit, Language};

pub(super) struct Json;

impl Language for Json {
    fn value(&self, text: &str) -> Option<Map<String, Value>> {
        if !is_sound(text) {
            return None;
        }
        match serde_json::from_str(text).ok()? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    fn apply(&self, mine: &str, [theirs, _]: [&str; 2], edits: &[Edit]) -> Option<String> {
        let root = parse(mine)?;
        let theirs: Value = serde_json::from_str(theirs).ok()?;
        edits.iter().try_for_each(|edit| apply(&root.object_value()?, edit, &theirs))?;
        Some(root.to_string())
    }
}

/// JSON without comments in which no object says a key twice.
pub(super) fn is_sound(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
        && parse(text).and_then(|root| root.object_value()).is_some_and(|object| says_each_key_once(&object))
}

fn says_each_key_once(object: &CstObject) -> bool {
    let properties = object.properties();
    let mut names: Vec<_> = properties.iter().filter_map(|property| property.decoded_name()).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    names.len() == count
        && properties.iter().filter_map(|property| property.object_value()).all(|inner| says_each_key_once(&inner))
}

fn parse(text: &str) -> Option<CstRootNode> {
    CstRootNode::parse(text, &ParseOptions::default()).ok()
}

fn apply(root: &CstObject, edit: &Edit, theirs: &Value) -> Option<()> {
    match edit {
        Edit::Set(path, value) => {
            let (key, folder) = path.split_last()?;
            let object = folder.iter().try_fold(root.clone(), |object, key| object.object_value_or_create(key))?;
            match object.get(key) {
                Some(property) => property.set_value(input(value)),
                None => {
                    let order = folder.iter().try_fold(theirs, |value, key| value.get(key));
                    object.insert(place(&object, key, order), key, input(value));
                }
            }
        }
        Edit::Remove(path) => {
            let (key, folder) = path.split_last()?;
            let object = folder.iter().try_fold(root.clone(), |object, key| object.object_value(key))?;
            object.get(key)?.remove();
        }
        Edit::Entry { list, old, new } => {
            let (key, folder) = list.split_last()?;
            let object = folder.iter().try_fold(root.clone(), |object, key| object.object_value(key))?;
            let array = object.array_value(key)?;
            let standing =
                array.elements().into_iter().find(|element| old.is_some() && element.to_serde_value() == *old);
            match (standing, new) {
                (Some(element), Some(new)) => {
                    let index = array.elements().iter().position(|other| other.to_serde_value() == *old)?;
                    array.insert(index, input(new));
                    element.remove();
                }
                (Some(element), None) => element.remove(),
                (None, Some(new)) => {
                    array.append(input(new));
                }
                (None, None) => {}
            }
        }
    }
    Some(())
}

/// Where a new key goes: by name among sorted keys, else after the key that it follows in theirs.
fn place(object: &CstObject, key: &str, theirs: Option<&Value>) -> usize {
    let names: Vec<String> = object.properties().iter().filter_map(|property| property.decoded_name()).collect();
    if names.len() > 1 && names.is_sorted() {
        return names.partition_point(|name| name.as_str() < key);
    }
    let before = theirs.and_then(Value::as_object).and_then(|theirs| {
        let earlier: Vec<&String> = theirs.keys().take_while(|name| *name != key).collect();
        names.iter().rposition(|name| earlier.contains(&name))
    });
    before.map_or(names.len(), |index| index + 1)
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(entries) => CstInputValue::Array(entries.iter().map(input).collect()),
        Value::Object(keys) => {
            CstInputValue::Object(keys.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}
