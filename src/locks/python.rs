//! `requirements*.txt` with hashes: the part of the superset that a `pyproject.toml` or a `requirements.in` reaches,
//! as `uv pip compile --universal --generate-hashes --no-emit-index-url --no-header` would write it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use toml_edit::{DocumentMut, Item};

use super::missing;
use crate::failure::{Failure, Outcome};

/// The superset's name in a pack.
pub const FILE: &str = "requirements.txt";
const PROJECT: &str = "pyproject.toml";
const LIST: &str = "requirements.in";
/// What asks for packages.
pub const MANIFESTS: &[&str] = &[PROJECT, LIST];

/// Everything that any product may need.
pub struct Superset<'a> {
    /// By name; a package of which there are several, each for some Pythons, stands there several times.
    packages: BTreeMap<&'a str, Vec<Package<'a>>>,
    /// What each package asks for.
    needs: HashMap<&'a str, BTreeSet<&'a str>>,
}

struct Package<'a> {
    /// `name==version ; marker` and its hashes, as they stand there.
    text: &'a str,
    /// Who asks for it: packages, or manifests.
    askers: Vec<&'a str>,
}

/// What manifests ask for: who asks for each package, as it is told in the lock.
type Asked = BTreeMap<String, BTreeSet<String>>;

impl<'a> Superset<'a> {
    /// From the text of a `requirements.txt` with annotations.
    pub fn read(text: &'a str) -> Self {
        let mut packages: BTreeMap<&str, Vec<Package<'_>>> = BTreeMap::new();
        let mut needs: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for block in blocks(text) {
            let name = name_of(block);
            let (text, via) = block.split_once("    # via").unwrap_or((block, ""));
            let askers = via.lines().map(|line| line.trim().trim_start_matches('#').trim());
            let askers: Vec<&str> = askers.filter(|line| !line.is_empty()).collect();
            for asker in &askers {
                needs.entry(asker).or_default().insert(name);
            }
            packages.entry(name).or_default().push(Package { text, askers });
        }
        Self { packages, needs }
    }

    /// Name and block of each package.
    pub fn packages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.packages.iter().flat_map(|(name, packages)| packages.iter().map(move |package| (*name, package.text)))
    }

    /// The locks of a manifest, by their file names.
    ///
    /// # Errors
    /// A manifest that does not parse, or asks for what is not there.
    pub fn locks(&self, name: &str, text: &str) -> Outcome<Vec<(String, String)>> {
        if name == LIST {
            let asked = text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
            let asked = asked.map(|line| (line.to_owned(), format!("-r {LIST}"))).collect::<Vec<_>>();
            return Ok(vec![(FILE.to_owned(), self.lock(&asked)?)]);
        }
        let Some(project) = Project::read(text)? else { return Ok(Vec::new()) };
        let mut locks = vec![(FILE.to_owned(), self.lock(&project.asks(None))?)];
        for group in project.groups.keys() {
            locks.push((format!("requirements-{group}.txt"), self.lock(&project.asks(Some(group)))?));
        }
        Ok(locks)
    }

    fn lock(&self, requirements: &[(String, String)]) -> Outcome<String> {
        let asked = self.asked(requirements)?;
        let mut lock = String::new();
        let mut next: Vec<&str> = asked.keys().map(String::as_str).collect();
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        while let Some(name) = next.pop() {
            if reached.insert(name) {
                next.extend(self.needs.get(name).into_iter().flatten());
            }
        }
        for (name, packages) in &self.packages {
            for package in packages.iter().filter(|_| reached.contains(name)) {
                let manifests = asked.get(*name).into_iter().flatten().map(String::as_str);
                let packages = package.askers.iter().copied().filter(|asker| reached.contains(asker));
                lock.push_str(package.text);
                lock.push_str(&annotation(&manifests.chain(packages).collect::<Vec<_>>()));
            }
        }
        Ok(lock)
    }

    fn asked(&self, requirements: &[(String, String)]) -> Outcome<Asked> {
        let mut asked = Asked::new();
        for (requirement, by) in requirements {
            let name = normal(name_of(requirement));
            let version = requirement.split(';').next().unwrap_or_default().trim()[name.len()..].trim_start();
            let known = self.packages.get(name.as_str()).into_iter().flatten();
            if !known.map(|package| version_of(package.text)).any(|known| version.is_empty() || version == known) {
                return Err(missing(requirement, FILE));
            }
            asked.entry(name).or_default().insert(by.clone());
        }
        Ok(asked)
    }
}

/// One package of a lock, as it stands there.
pub struct Pin<'a> {
    /// In its one spelling; the whole requirement where it has no version.
    pub name: String,
    /// The one version that is meant, if one is.
    pub version: Option<&'a str>,
    /// Each with its algorithm: `sha256:…`.
    pub hashes: Vec<&'a str>,
}

/// What a lock holds, whoever wrote it.
pub fn pins(text: &str) -> impl Iterator<Item = Pin<'_>> {
    let said = |block: &&str| !block.trim().is_empty() && !block.starts_with("--");
    blocks(text).into_iter().filter(said).map(|block| {
        let words = block.lines().flat_map(|line| line.split('#').next()).flat_map(str::split_whitespace);
        let hashes = words.filter_map(|word| word.strip_prefix("--hash=")).collect();
        let requirement = block.split([';', '\\', '#', '\n']).next().unwrap_or_default();
        let requirement = requirement.split(" --").next().unwrap_or_default().trim();
        match requirement.split_once("==") {
            Some((name, version)) => Pin { name: normal(name_of(name)), version: Some(version.trim()), hashes },
            None => Pin { name: requirement.to_owned(), version: None, hashes },
        }
    })
}

/// A package each: what does not begin a line of its own belongs to the line before.
fn blocks(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with([' ', '#']) {
            starts.push(at);
        }
        at += line.len();
    }
    starts.push(text.len());
    starts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect()
}

/// `==1.0`, of the first line of a package.
fn version_of(text: &str) -> &str {
    text.split([' ', '\n']).next().unwrap_or_default().trim_start_matches(name_of(text))
}

fn name_of(requirement: &str) -> &str {
    requirement.split(['=', '<', '>', '!', '~', ';', '[', ' ']).next().unwrap_or_default()
}

/// A name has many spellings (PEP 503): the lock says this one.
fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace(['_', '.'], "-")
}

fn annotation(askers: &[&str]) -> String {
    match askers {
        [one] => format!("    # via {one}\n"),
        _ => askers.iter().fold("    # via\n".to_owned(), |text, asker| text + "    #   " + asker + "\n"),
    }
}

struct Project {
    name: String,
    dependencies: Vec<String>,
    groups: BTreeMap<String, Vec<String>>,
}

impl Project {
    /// None where nothing is asked for.
    fn read(text: &str) -> Outcome<Option<Self>> {
        let manifest: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| Failure::refused(error.message()))?;
        let list = |item: &Item| -> Vec<String> {
            let texts = item.as_array().into_iter().flatten();
            texts.filter_map(|value| value.as_str().map(str::to_owned)).collect()
        };
        let Some(project) = manifest.get("project") else { return Ok(None) };
        let groups = manifest.get("dependency-groups").and_then(Item::as_table_like);
        let groups = groups.into_iter().flat_map(|groups| groups.iter());
        Ok(Some(Self {
            name: project.get("name").and_then(Item::as_str).unwrap_or_default().to_owned(),
            dependencies: project.get("dependencies").map(list).unwrap_or_default(),
            groups: groups.map(|(name, item)| (name.to_owned(), list(item))).collect(),
        }))
    }

    /// Each requirement with the words by which its asker is told.
    fn asks(&self, group: Option<&str>) -> Vec<(String, String)> {
        let Self { name, dependencies, groups } = self;
        let own = dependencies.iter().map(|one| (one.clone(), format!("{name} ({PROJECT})")));
        let group = group.into_iter().flat_map(|group| {
            let told = format!("{name} ({PROJECT}:{group})");
            groups[group].iter().map(move |one| (one.clone(), told.clone()))
        });
        own.chain(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUPERSET: &str = "a==1 \\\n    --hash=sha256:00\n    # via superset (pyproject.toml)\npy-yaml==2 ; python_version < '4' \\\n    --hash=sha256:11\n    # via\n    #   superset (pyproject.toml)\n    #   a\n";

    fn locks(manifest: &str) -> Vec<(String, String)> {
        Superset::read(SUPERSET).locks(PROJECT, manifest).unwrap()
    }

    #[test]
    fn a_lock_holds_what_is_asked_for_and_what_that_needs() {
        let found = locks("[project]\nname = \"x\"\ndependencies = [\"a==1\"]\n");
        let needed = "py-yaml==2 ; python_version < '4' \\\n    --hash=sha256:11\n    # via a\n";
        let asked = "a==1 \\\n    --hash=sha256:00\n    # via x (pyproject.toml)\n";
        assert_eq!(found, [(FILE.to_owned(), format!("{asked}{needed}"))]);
    }

    #[test]
    fn a_name_may_be_spelled_in_any_way_and_a_version_must_be_the_one() {
        let found = locks("[project]\nname = \"x\"\n[dependency-groups]\ndev = [\"Py_YAML==2\"]\n");
        assert_eq!(found[0], (FILE.to_owned(), String::new()));
        assert!(found[1].0 == "requirements-dev.txt" && found[1].1.contains("via x (pyproject.toml:dev)"));
        for other in ["a==2", "a>=1", "b"] {
            let manifest = format!("[project]\ndependencies = [\"{other}\"]\n");
            assert!(Superset::read(SUPERSET).locks(PROJECT, &manifest).is_err(), "{other}");
        }
    }

    #[test]
    fn a_manifest_of_tools_alone_asks_for_nothing() {
        assert!(locks("[tool.ruff]\nline-length = 100\n").is_empty());
    }
}
