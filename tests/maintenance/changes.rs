//! Which packages came, went, or changed their version.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A line for each of them.
pub fn told(before: &str, after: &str) -> String {
    let (before, after) = (versions(before), versions(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let lines: Vec<String> = names
        .into_iter()
        .filter_map(|name| match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) if old == new => None,
            (Some(old), Some(new)) => Some(format!("  {name} {old} → {new}")),
            (None, Some(new)) => Some(format!("  {name} {new} is new")),
            _ => Some(format!("  {name} is gone")),
        })
        .collect();
    match lines.len() {
        0 => format!("{} packages, all as they were", after.len()),
        _ => format!("{} packages, of which changed:\n{}", after.len(), lines.join("\n")),
    }
}

fn versions(text: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, version: &str| {
        found
            .entry(name.to_owned())
            .and_modify(|known| *known += &format!(", {version}"))
            .or_insert(version.to_owned());
    };
    match serde_json::from_str::<Value>(text) {
        Ok(lock) => {
            for (path, package) in
                lock["packages"].as_object().into_iter().flatten().filter(|(path, _)| !path.is_empty())
            {
                add(path, package["version"].as_str().unwrap_or_default());
            }
        }
        Err(_) => {
            for (name, rest) in text.lines().filter_map(|line| line.split_once("==")) {
                add(name, rest.split(' ').next().unwrap_or_default());
            }
        }
    }
    found
}
