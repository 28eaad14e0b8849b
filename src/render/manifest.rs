//! Merges manifests structurally: package.json and pyproject.toml, dependencies sorted.

use std::borrow::Cow;

use serde_json::Value;
use toml_edit::{Array, DocumentMut, Item, Table};

use crate::failure::{Failure, Outcome};
use crate::tree::Content;

/// Tables of package.json that npm keeps sorted.
const SORTED: &[&str] = &["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/// Whether two layers may both emit this path.
pub fn is_manifest(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("package.json" | "pyproject.toml"))
}

/// The later manifest laid over the earlier one.
///
/// # Errors
/// A manifest that does not parse.
pub fn merge(path: &str, earlier: &Content, later: &Content) -> Outcome<Content> {
    let (earlier, later) = (earlier.text(path)?, later.text(path)?);
    let merged = if path.ends_with(".json") { merge_json(earlier, later) } else { merge_toml(earlier, later) };
    match merged {
        Ok(text) => Ok(Content::Bytes(Cow::Owned(text.into_bytes()))),
        Err(reason) => {
            Err(Failure::refused(format!("{path}: {reason}")).hint("two layers emit this manifest, so both must parse"))
        }
    }
}

fn merge_json(earlier: &str, later: &str) -> Result<String, String> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let (mut merged, later) = (parse(earlier)?, parse(later)?);
    overlay(&mut merged, later);
    for table in SORTED {
        if let Some(Value::Object(dependencies)) = merged.get_mut(table) {
            dependencies.sort_keys();
        }
    }
    serde_json::to_string_pretty(&merged).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn overlay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                overlay(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

fn merge_toml(earlier: &str, later: &str) -> Result<String, String> {
    let parse = |text: &str| text.parse::<DocumentMut>().map_err(|error| error.message().to_owned());
    let (mut merged, later) = (parse(earlier)?, parse(later)?);
    overlay_toml(merged.as_table_mut(), later.as_table());
    Ok(merged.to_string())
}

fn overlay_toml(below: &mut Table, above: &Table) {
    for (key, item) in above {
        match (below.get_mut(key), item) {
            (Some(Item::Table(below)), Item::Table(above)) => overlay_toml(below, above),
            (Some(Item::Value(toml_edit::Value::Array(below))), Item::Value(toml_edit::Value::Array(above))) => {
                union(below, above)
            }
            _ => {
                below.insert(key, item.clone());
            }
        }
    }
}

/// Both lists, sorted, each entry once and on a line of its own.
fn union(below: &mut Array, above: &Array) {
    let mut texts: Vec<String> =
        below.iter().chain(above).filter_map(|value| value.as_str().map(str::to_owned)).collect();
    if texts.len() != below.len() + above.len() {
        *below = above.clone();
        return;
    }
    texts.sort();
    texts.dedup();
    *below = texts.into_iter().map(|text| toml_edit::Value::from(text).decorated("\n  ", "")).collect();
    below.set_trailing("\n");
    below.set_trailing_comma(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_merged_and_sorted_and_other_keys_keep_their_order() {
        let merged = merge_json(
            r#"{"name":"x","scripts":{"b":"1"},"dependencies":{"ws":"1"}}"#,
            r#"{"scripts":{"a":"2"},"dependencies":{"fastify":"2"}}"#,
        )
        .unwrap();
        assert_eq!(
            merged,
            "{\n  \"name\": \"x\",\n  \"scripts\": {\n    \"b\": \"1\",\n    \"a\": \"2\"\n  },\n  \"dependencies\": {\n    \"fastify\": \"2\",\n    \"ws\": \"1\"\n  }\n}\n"
        );
    }

    #[test]
    fn pyproject_lists_are_united_and_comments_stay() {
        let merged = merge_toml(
            "# top\n[project]\nname = \"a\" # why\ndependencies = [\"b==1\"]\n",
            "[project]\ndependencies = [\"a==1\", \"b==1\"]\n[tool.x]\ny = 1\n",
        )
        .unwrap();
        assert_eq!(
            merged,
            "# top\n[project]\nname = \"a\" # why\ndependencies = [\n  \"a==1\",\n  \"b==1\",\n]\n[tool.x]\ny = 1\n"
        );
    }
}
