//! `package-lock.json`: the part of the superset that a `package.json` reaches, as npm itself would write it.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::missing;
use crate::failure::{Failure, Outcome};

/// Its name, in a pack and in a repository.
pub const FILE: &str = "package-lock.json";
/// What it locks: the one at the root.
pub const MANIFEST: &str = "package.json";
/// Fields of a `package.json` that npm repeats in the lock.
const ROOT: &[&str] =
    &["name", "version", "license", "dependencies", "devDependencies", "optionalDependencies", "engines", "os", "cpu"];
/// What npm puts before all other fields.
const FIRST: &[&str] =
    &["name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies"];

/// How one package asks for another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prod,
    Dev,
    Optional,
    Peer,
    PeerOptional,
}

impl Kind {
    fn is_peer(self) -> bool {
        matches!(self, Kind::Peer | Kind::PeerOptional)
    }

    fn is_optional(self) -> bool {
        matches!(self, Kind::Optional | Kind::PeerOptional)
    }
}

/// Everything that any product may need.
pub struct Superset {
    packages: Map<String, Value>,
}

impl Superset {
    /// From a lock of version 3.
    ///
    /// # Errors
    /// No such lock.
    pub fn read(text: &str) -> Outcome<Self> {
        let lock: Value = serde_json::from_str(text).map_err(|error| Failure::refused(format!("{FILE}: {error}")))?;
        match lock {
            Value::Object(mut lock) if lock.get("lockfileVersion") == Some(&Value::from(3)) => {
                let Some(Value::Object(packages)) = lock.remove("packages") else {
                    return Err(Failure::refused(format!("{FILE}: it has no `packages`")));
                };
                Ok(Self { packages })
            }
            _ => Err(Failure::refused(format!("{FILE}: not of version 3"))),
        }
    }

    /// What comes from elsewhere, by path: neither the root nor a workspace or a link to one.
    pub fn foreign(&self) -> impl Iterator<Item = (&str, &Value)> {
        let packages = self.packages.iter().map(|(path, package)| (path.as_str(), package));
        packages.filter(|(path, package)| path.contains("node_modules/") && package.get("link").is_none())
    }

    /// The lock of a `package.json`; none for one with workspaces, whose manifests would belong into it.
    ///
    /// # Errors
    /// A manifest that does not parse, or asks for what is not there.
    pub fn lock(&self, manifest: &str) -> Outcome<Option<String>> {
        let manifest: Value = serde_json::from_str(manifest).map_err(Failure::refused)?;
        if manifest.get("workspaces").is_some() {
            return Ok(None);
        }
        let root: Map<String, Value> =
            ROOT.iter().filter_map(|key| Some(((*key).to_owned(), manifest.get(key)?.clone()))).collect();
        let reached = Reached::walk(self, &root)?;
        let mut packages = Map::new();
        packages.insert(String::new(), Value::Object(sorted(root.clone())));
        for (path, package) in self.packages.iter().filter(|(path, _)| !path.is_empty()) {
            if let Some(index) = reached.index.get(path.as_str()) {
                packages.insert(path.clone(), marked(package, reached.flags[*index]));
            }
        }
        let mut lock = Map::new();
        for key in ["name", "version"] {
            lock.extend(root.get(key).map(|value| (key.to_owned(), value.clone())));
        }
        lock.insert("lockfileVersion".to_owned(), Value::from(3));
        lock.insert("requires".to_owned(), Value::from(true));
        lock.insert("packages".to_owned(), Value::Object(packages));
        serde_json::to_string_pretty(&lock).map(|text| Some(text + "\n")).map_err(Failure::bug)
    }

    /// What a package asks for: name, kind, and the path that Node finds.
    fn edges<'a>(&'a self, path: &str, package: &'a Map<String, Value>) -> Vec<(&'a str, Kind, Option<&'a str>)> {
        let optional_peer = |name: &str| {
            let meta = package.get("peerDependenciesMeta").and_then(|meta| meta.get(name));
            meta.and_then(|meta| meta.get("optional")) == Some(&Value::from(true))
        };
        let tables = [
            ("peerDependencies", Kind::Peer),
            ("dependencies", Kind::Prod),
            ("optionalDependencies", Kind::Optional),
            ("devDependencies", Kind::Dev),
        ];
        // Only the root's development counts.
        let tables = tables.into_iter().filter(|(_, kind)| *kind != Kind::Dev || path.is_empty());
        let mut edges = Vec::new();
        for (table, kind) in tables {
            for name in package.get(table).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                let kind = if kind == Kind::Peer && optional_peer(name) { Kind::PeerOptional } else { kind };
                edges.push((name.as_str(), kind, self.resolve(path, name)));
            }
        }
        edges
    }

    /// Upward through the folders, as Node looks.
    fn resolve(&self, from: &str, name: &str) -> Option<&str> {
        let mut folder = from;
        loop {
            let path = if folder.is_empty() {
                format!("node_modules/{name}")
            } else {
                format!("{folder}/node_modules/{name}")
            };
            if let Some((path, _)) = self.packages.get_key_value(&path) {
                return Some(path);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rfind("/node_modules/").map_or("", |at| &folder[..at]);
        }
    }
}

/// Why a package is there at all, as npm says it: each holds until some way to it denies it.
type Flags = [bool; 4];
const DEV: usize = 0;
const OPTIONAL: usize = 1;
const DEV_OPTIONAL: usize = 2;
const PEER: usize = 3;

/// The package with its flags, which differ from those that it has in the superset.
fn marked(package: &Value, flags: Flags) -> Value {
    let mut package = package.as_object().cloned().unwrap_or_default();
    let either = flags[DEV_OPTIONAL] && !flags[DEV] && !flags[OPTIONAL];
    let told = [("dev", flags[DEV]), ("optional", flags[OPTIONAL]), ("devOptional", either), ("peer", flags[PEER])];
    for (key, holds) in told {
        package.remove(key);
        if holds {
            package.insert(key.to_owned(), Value::from(true));
        }
    }
    Value::Object(sorted(package))
}

/// As npm sorts: some fields first, then plain values, then objects.
fn sorted(fields: Map<String, Value>) -> Map<String, Value> {
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by_key(|(key, value)| {
        let first = FIRST.iter().position(|known| known == key).unwrap_or(FIRST.len());
        (value.is_object(), first, key.clone())
    });
    fields.into_iter().collect()
}

/// The packages that the root needs, with their flags.
struct Reached<'a> {
    index: HashMap<&'a str, usize>,
    edges: Vec<Vec<(usize, Kind)>>,
    flags: Vec<Flags>,
}

impl<'a> Reached<'a> {
    fn walk(superset: &'a Superset, root: &'a Map<String, Value>) -> Outcome<Self> {
        let mut index: HashMap<&str, usize> = HashMap::from([("", 0)]);
        let mut paths = vec![""];
        let mut found: Vec<Vec<(&str, Kind)>> = Vec::new();
        while found.len() < paths.len() {
            let path = paths[found.len()];
            let package = if path.is_empty() { Some(root) } else { superset.packages[path].as_object() };
            let mut edges = Vec::new();
            for (name, kind, target) in package.map_or_else(Vec::new, |package| superset.edges(path, package)) {
                let Some(target) = target else {
                    if kind == Kind::PeerOptional {
                        continue;
                    }
                    return Err(missing(name, FILE));
                };
                edges.push((target, kind));
                if kind != Kind::PeerOptional && !index.contains_key(target) {
                    index.insert(target, paths.len());
                    paths.push(target);
                }
            }
            found.push(edges);
        }
        let edges = found
            .into_iter()
            .map(|edges| edges.into_iter().filter_map(|(to, kind)| Some((*index.get(to)?, kind))).collect())
            .collect();
        let mut flags = vec![[true; 4]; paths.len()];
        flags[0] = [false; 4];
        let mut reached = Self { index, edges, flags };
        reached.settle();
        Ok(reached)
    }

    /// As npm's own arborist does (`calc-dep-flags.js`).
    fn settle(&mut self) {
        let mut seen = BTreeSet::from([0]);
        let mut next = vec![0];
        while let Some(from) = next.pop() {
            for (to, kind) in self.edges[from].clone() {
                let node = self.flags[from];
                let dev = node[DEV] || kind == Kind::Dev;
                let optional = node[OPTIONAL] || kind.is_optional();
                let denied = [
                    (PEER, !node[PEER] && !kind.is_peer()),
                    (DEV_OPTIONAL, !node[DEV_OPTIONAL] && !dev && !optional),
                    (DEV, !dev),
                    (OPTIONAL, !optional),
                ];
                denied.iter().filter(|(_, holds)| *holds).for_each(|(flag, _)| self.unset(to, *flag));
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
    }

    /// For a package, and for all that it cannot do without.
    fn unset(&mut self, at: usize, flag: usize) {
        let mut next = vec![at];
        while let Some(at) = next.pop() {
            if !self.flags[at][flag] {
                continue;
            }
            self.flags[at][flag] = false;
            let hard = |kind: Kind| kind == Kind::Prod || (flag != PEER && kind == Kind::Peer);
            next.extend(self.edges[at].iter().filter(|(_, kind)| hard(*kind)).map(|(to, _)| *to));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_get_no_lock_that_would_be_wrong() {
        let superset = Superset::read(r#"{ "lockfileVersion": 3, "packages": {} }"#).unwrap();
        assert_eq!(superset.lock(r#"{ "name": "x", "workspaces": ["services/*"] }"#).unwrap(), None);
        assert!(superset.lock(r#"{ "name": "x" }"#).unwrap().is_some());
    }
}
