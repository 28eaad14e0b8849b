//! Software bill of materials: CycloneDX 1.6 of what the lock files hold.
//!
//! It has neither time nor serial number: the same locks give the same bytes, so that a bill can be committed and compared.

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value, json};

use crate::failure::{Failure, Outcome};
use crate::locks::{npm, python};
use crate::product::Product;
use crate::tree::hex;

/// What the product is made of.
#[derive(Debug, Default)]
pub struct Bill {
    /// By package URL.
    components: BTreeMap<String, Component>,
}

/// One version of one package, wherever it is locked.
#[derive(Debug)]
struct Component {
    group: Option<String>,
    name: String,
    version: String,
    scope: Scope,
    /// Of the files that the package may be installed from: npm has one, PyPI one for each system.
    hashes: BTreeSet<(&'static str, String)>,
    licence: Option<String>,
    locks: BTreeSet<String>,
}

/// What a package is there for, in CycloneDX's words; where several locks hold it, the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// The running product needs it.
    Required,
    /// Some systems or some ways to run it need it.
    Optional,
    /// Development alone.
    Excluded,
}

impl Scope {
    fn word(self) -> &'static str {
        match self {
            Scope::Required => "required",
            Scope::Optional => "optional",
            Scope::Excluded => "excluded",
        }
    }
}

/// The lock files among a repository's paths: npm's at the root, Python's beside what they lock.
pub fn locks(paths: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    paths.iter().map(String::as_str).filter(|path| {
        let (folder, name) = path.rsplit_once('/').map_or(("", *path), |(folder, _)| path.split_at(folder.len() + 1));
        let beside = |manifest: &&str| paths.contains(&format!("{folder}{manifest}"));
        let listed = name.starts_with("requirements") && name.ends_with(".txt");
        *path == npm::FILE || listed && python::MANIFESTS.iter().any(beside)
    })
}

impl Bill {
    /// Adds what a lock file holds.
    ///
    /// # Errors
    /// A lock that does not parse, or does not say which version it means.
    pub fn add(&mut self, path: &str, text: &str) -> Outcome<()> {
        let added = if path == npm::FILE { self.npm(text) } else { self.python(path, text) };
        added.map_err(|failure| Failure { source: anyhow::anyhow!("{path}: {failure}"), ..failure })
    }

    fn npm(&mut self, text: &str) -> Outcome<()> {
        for (path, package) in npm::Superset::read(text)?.foreign() {
            let text = |key: &str| package.get(key).and_then(Value::as_str);
            let holds = |key: &str| package.get(key) == Some(&Value::from(true));
            let installed = path.rsplit("node_modules/").next().unwrap_or(path);
            // The lock says the name where it is installed under another.
            let whole = text("name").unwrap_or(installed);
            let version = text("version").ok_or_else(|| unpinned(path))?;
            let (group, name) = match whole.split_once('/') {
                Some((group, name)) => (Some(group.to_owned()), name),
                None => (None, whole),
            };
            let hashes = text("integrity").unwrap_or_default().split_whitespace();
            let hashes = hashes.map(|one| integrity(one).ok_or_else(|| strange_hash(whole, one)));
            let scope = match (holds("dev"), holds("optional") || holds("devOptional")) {
                (true, _) => Scope::Excluded,
                (false, true) => Scope::Optional,
                (false, false) => Scope::Required,
            };
            let component = Component {
                group,
                name: name.to_owned(),
                version: version.to_owned(),
                scope,
                hashes: hashes.collect::<Outcome<_>>()?,
                licence: text("license").map(str::to_owned),
                locks: BTreeSet::from([npm::FILE.to_owned()]),
            };
            self.put("npm", component);
        }
        Ok(())
    }

    fn python(&mut self, path: &str, text: &str) -> Outcome<()> {
        let scope = match path.rsplit_once('/') {
            // What makes and checks the contract runs in no service.
            Some(("contract", _)) | Some((_, "requirements-dev.txt")) => Scope::Excluded,
            Some((_, python::FILE)) => Scope::Required,
            _ => Scope::Optional,
        };
        for pin in python::pins(text) {
            let version = pin.version.ok_or_else(|| unpinned(&pin.name))?;
            let sha256 = |hash: &str| match hash.strip_prefix("sha256:") {
                Some(hex) => Ok(("SHA-256", hex.to_owned())),
                None => Err(strange_hash(&pin.name, hash)),
            };
            let hashes = pin.hashes.iter().map(|hash| sha256(hash)).collect::<Outcome<_>>()?;
            let component = Component {
                group: None,
                name: pin.name,
                version: version.to_owned(),
                scope,
                hashes,
                licence: None,
                locks: BTreeSet::from([path.to_owned()]),
            };
            self.put("pypi", component);
        }
        Ok(())
    }

    fn put(&mut self, ecosystem: &str, component: Component) {
        let group = component.group.as_ref().map(|group| encoded(group) + "/").unwrap_or_default();
        let purl = format!("pkg:{ecosystem}/{group}{}@{}", encoded(&component.name), encoded(&component.version));
        match self.components.get_mut(&purl) {
            None => {
                self.components.insert(purl, component);
            }
            Some(known) => {
                known.scope = known.scope.min(component.scope);
                known.hashes.extend(component.hashes);
                known.locks.extend(component.locks);
            }
        }
    }

    /// The document, sorted by package URL.
    pub fn json(&self, product: &Product) -> Value {
        let tool =
            json!({ "type": "application", "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
        let mut whole =
            json!({ "type": "application", "bom-ref": product.slug.as_str(), "name": product.name.as_str() });
        if !product.description.is_empty() {
            whole["description"] = product.description.as_str().into();
        }
        json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": { "tools": { "components": [tool] }, "component": whole },
            "components": self.components.iter().map(|(purl, component)| component.json(purl)).collect::<Vec<_>>(),
        })
    }
}

impl Component {
    fn json(&self, purl: &str) -> Value {
        let mut told = Map::new();
        let mut say = |key: &str, value: Value| told.insert(key.to_owned(), value);
        say("type", "library".into());
        say("bom-ref", purl.into());
        if let Some(group) = &self.group {
            say("group", group.as_str().into());
        }
        say("name", self.name.as_str().into());
        say("version", self.version.as_str().into());
        say("scope", self.scope.word().into());
        if !self.hashes.is_empty() {
            say("hashes", self.hashes.iter().map(|(alg, content)| json!({ "alg": alg, "content": content })).collect());
        }
        if let Some(licence) = &self.licence {
            let told = match is_expression(licence) {
                true => json!({ "expression": licence }),
                false => json!({ "license": { "name": licence } }),
            };
            say("licenses", json!([told]));
        }
        say("purl", purl.into());
        let places = self.locks.iter().map(|path| json!({ "location": path }));
        say("evidence", json!({ "occurrences": places.collect::<Vec<_>>() }));
        Value::Object(told)
    }
}

fn unpinned(what: &str) -> Failure {
    Failure::refused(format!("`{what}` has no version")).hint("a bill names versions: lock the file again")
}

fn strange_hash(name: &str, hash: &str) -> Failure {
    Failure::refused(format!("`{name}` has a hash that is none: {hash:?}")).hint("lock the file again")
}

/// As package URLs are written: all but letters, digits and a few marks in percent.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// npm's `sha512-` and base64, as CycloneDX says it.
fn integrity(text: &str) -> Option<(&'static str, String)> {
    let (algorithm, base64) = text.split_once('-')?;
    let (algorithm, bytes) = match algorithm {
        "sha1" => ("SHA-1", 20),
        "sha256" => ("SHA-256", 32),
        "sha384" => ("SHA-384", 48),
        "sha512" => ("SHA-512", 64),
        _ => return None,
    };
    Some((algorithm, hex(&BASE64_STANDARD.decode(base64).ok()?))).filter(|(_, hex)| hex.len() == 2 * bytes)
}

/// Whether a licence reads as SPDX says it; old packages say theirs in words.
fn is_expression(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let sound = |(place, word): (usize, &&str)| match place % 2 {
        0 => word.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c)),
        _ => ["AND", "OR", "WITH"].contains(word),
    };
    words.len() % 2 == 1 && words != ["UNLICENSED"] && words.iter().enumerate().all(sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bill(locks: &[(&str, &str)]) -> Outcome<Vec<Value>> {
        let mut bill = Bill::default();
        locks.iter().try_for_each(|(path, text)| bill.add(path, text))?;
        Ok(bill.components.iter().map(|(purl, component)| component.json(purl)).collect())
    }

    fn npm_lock(packages: &Value) -> String {
        json!({ "lockfileVersion": 3, "packages": packages }).to_string()
    }

    #[test]
    fn each_package_is_told_once_with_the_strongest_reason_to_be_there() {
        let found = bill(&[
            ("services/ml/requirements-dev.txt", "A_b==1+cpu ; python_version < '4' \\\n    --hash=sha256:00\nc==2\n"),
            ("services/ml/requirements.txt", "# locked\na-b[x]==1+cpu \\\n    --hash=sha256:11\n    # via x\n"),
        ])
        .unwrap();
        let purls: Vec<_> = found.iter().map(|one| (one["purl"].as_str().unwrap(), one["scope"].as_str())).collect();
        assert_eq!(purls, [("pkg:pypi/a-b@1%2Bcpu", Some("required")), ("pkg:pypi/c@2", Some("excluded"))]);
        assert_eq!(found[0]["hashes"].as_array().unwrap().len(), 2);
        assert_eq!(found[0]["evidence"]["occurrences"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn packages_of_npm_have_scope_and_licence_and_own_folders_are_none() {
        let lock = npm_lock(&json!({
            "": { "name": "x" },
            "web": { "name": "web", "version": "1.0.0" },
            "node_modules/web": { "resolved": "web", "link": true },
            "node_modules/@a/b": { "version": "1.0.0", "dev": true, "license": "(MIT OR CC0-1.0)" },
            "node_modules/c/node_modules/d": { "version": "2.0.0", "optional": true, "license": "SEE LICENSE IN x" },
            "node_modules/alias": { "name": "e", "version": "3.0.0" },
        }));
        let found = bill(&[("package-lock.json", &lock)]).unwrap();
        let purls: Vec<_> = found.iter().map(|one| (one["purl"].as_str().unwrap(), one["scope"].as_str())).collect();
        assert_eq!(
            purls,
            [
                ("pkg:npm/%40a/b@1.0.0", Some("excluded")),
                ("pkg:npm/d@2.0.0", Some("optional")),
                ("pkg:npm/e@3.0.0", Some("required"))
            ]
        );
        assert_eq!((&found[0]["group"], &found[0]["name"]), (&json!("@a"), &json!("b")));
        assert_eq!(found[0]["licenses"], json!([{ "expression": "(MIT OR CC0-1.0)" }]));
        assert_eq!(found[1]["licenses"], json!([{ "license": { "name": "SEE LICENSE IN x" } }]));
    }

    #[test]
    fn a_hash_is_told_in_hexadecimal() {
        // The hash of nothing.
        let (name, hex) = integrity("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=").unwrap();
        assert_eq!((name, hex.as_str()), ("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
        for wrong in ["sha1-AA==", "sha1-2jmj7l5rSw0yVb_vlWAYkK_YBwk=", "md5-AA==", "x"] {
            assert_eq!(integrity(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_names_no_version_or_no_hash_is_refused_with_its_file() {
        for (path, text, says) in [
            ("a/requirements.txt", "b>=1\n", "a/requirements.txt: `b>=1` has no version"),
            ("a/requirements.txt", "-r other.txt\n", "`-r other.txt` has no version"),
            ("a/requirements.txt", "b==1 --hash=md5:00\n", "`b` has a hash that is none: \"md5:00\""),
            ("package-lock.json", &npm_lock(&json!({ "node_modules/a": {} })), "`node_modules/a` has no version"),
            ("package-lock.json", "{", "package-lock.json: "),
        ] {
            let failure = bill(&[(path, text)]).unwrap_err().to_string();
            assert!(failure.contains(says), "{failure}");
        }
    }

    #[test]
    fn a_list_without_a_manifest_is_no_lock() {
        let paths = ["package-lock.json", "web/package-lock.json", "ml/pyproject.toml", "ml/requirements-dev.txt"];
        let paths = paths.into_iter().chain(["docs/requirements.txt"]).map(str::to_owned).collect();
        assert_eq!(locks(&paths).collect::<Vec<_>>(), ["ml/requirements-dev.txt", "package-lock.json"]);
    }
}
