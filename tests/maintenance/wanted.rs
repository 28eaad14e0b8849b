//! What all layers together ask for.

use std::collections::{BTreeMap, BTreeSet};

use duostack::catalogue::Catalogue;
use serde_json::{Map, Value};
use toml_edit::{DocumentMut, Item};

/// Requirements by ecosystem.
pub struct Wanted {
    /// Package and version.
    pub npm: BTreeMap<String, String>,
    /// As `name==version; marker`.
    pub python: BTreeSet<String>,
}

impl Wanted {
    /// Of every manifest in every layer.
    pub fn of(catalogue: &Catalogue) -> Self {
        let mut wanted = Self { npm: BTreeMap::new(), python: BTreeSet::new() };
        for source in catalogue.layers.iter().flat_map(|layer| &layer.sources) {
            let name = source.path.rsplit('/').next().unwrap_or_default();
            let text = String::from_utf8_lossy(source.content.bytes());
            match name.trim_end_matches(".hbs") {
                "package.json" => wanted.package(&text),
                "pyproject.toml" => wanted.project(&text),
                "requirements.in" => {
                    wanted.python.extend(text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned))
                }
                _ => {}
            }
        }
        wanted
    }

    fn package(&mut self, text: &str) {
        let manifest: Value =
            serde_json::from_str(text).expect("a package.json with placeholders in its strings alone");
        for table in ["dependencies", "devDependencies"] {
            for (name, version) in manifest.get(table).and_then(Value::as_object).into_iter().flatten() {
                let version = version.as_str().expect("a version").to_owned();
                let other = self.npm.insert(name.clone(), version.clone());
                assert!(other.is_none_or(|other| other == version), "{name}: two layers ask for two versions");
            }
        }
    }

    fn project(&mut self, text: &str) {
        let manifest: DocumentMut = text.parse().expect("TOML");
        let list = |item: &Item| item.as_array().cloned().unwrap_or_default();
        let own = manifest.get("project").and_then(|project| project.get("dependencies")).map(list);
        let groups = manifest.get("dependency-groups").and_then(Item::as_table_like);
        let groups =
            groups.into_iter().flat_map(|groups| groups.iter().map(|(_, item)| list(item)).collect::<Vec<_>>());
        for one in own.into_iter().chain(groups).flatten() {
            self.python.insert(one.as_str().expect("a requirement").to_owned());
        }
    }

    /// A manifest that asks for all of it.
    pub fn package_json(&self) -> String {
        let all: Map<String, Value> =
            self.npm.iter().map(|(name, version)| (name.clone(), version.as_str().into())).collect();
        serde_json::json!({ "name": "superset", "private": true, "dependencies": all }).to_string()
    }

    /// A manifest that asks for all of it.
    pub fn pyproject_toml(&self) -> String {
        let all: Vec<String> = self.python.iter().map(|one| format!("{one:?}")).collect();
        format!("[project]\nname = \"superset\"\nversion = \"0\"\ndependencies = [{}]\n", all.join(", "))
    }
}
