//! What keeps a package out of the supersets.

use duostack::locks::{npm, python};
use serde_json::Value;

/// Licences that a product may be shipped with, whatever its own is.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
    "Zlib",
];
/// What metadata older than the expressions says for the same.
const OLDER: &[(&str, &str)] = &[
    ("3-Clause BSD License", "BSD-3-Clause"),
    ("Apache 2.0", "Apache-2.0"),
    ("Apache License v2.0", "Apache-2.0"),
    ("Apache Software License", "Apache-2.0"),
    ("BSD", "BSD-3-Clause"),
    ("BSD License", "BSD-3-Clause"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
];

/// Everything that is wrong with a lock of npm.
pub fn npm(text: &str) -> Vec<String> {
    let lock: Value = serde_json::from_str(text).expect("npm writes JSON");
    let packages = lock["packages"].as_object().expect("packages");
    let mut objections: Vec<String> = packages
        .iter()
        .filter(|(path, _)| !path.is_empty())
        .flat_map(|(path, package)| npm_package(path, package))
        .collect();
    // A lock of all that is asked for reaches every edge.
    let whole = npm::Superset::read(text).and_then(|superset| superset.lock(&packages[""].to_string()));
    objections.extend(whole.err().map(|failure| format!("not complete: {failure}")));
    objections
}

fn npm_package(path: &str, package: &Value) -> Vec<String> {
    let says = |key: &str| package.get(key).is_some();
    let integrity = package["integrity"].as_str().is_some_and(|sum| sum.starts_with("sha512-"));
    let mut objections: Vec<String> = [
        (!integrity, "has no sha512"),
        (says("hasInstallScript"), "runs a script when it is installed"),
        (says("resolved") || says("link"), "comes from an address of its own"),
        (says("deprecated"), "is deprecated"),
    ]
    .iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, what)| format!("{path} {what}"))
    .collect();
    objections.extend(licence(path, package["license"].as_str().unwrap_or_default()));
    objections
}

/// Everything that is wrong with a lock of uv.
pub fn python(text: &str) -> Vec<String> {
    python::Superset::read(text)
        .packages()
        .filter(|(_, block)| !block.contains("--hash=sha256:"))
        .map(|(name, _)| format!("{name} has no hash"))
        .collect()
}

/// The objection to a licence: an SPDX expression, or a few words of older metadata.
pub fn licence(name: &str, told: &str) -> Option<String> {
    let older = |one: &str| OLDER.iter().find(|(older, _)| *older == one).map(|(_, spdx)| *spdx);
    let allowed = |one: &str| ALLOWED.contains(&older(one).unwrap_or(one));
    let either = |part: &str| part.split(" OR ").any(|one| allowed(one.trim_matches(['(', ')', ' '])));
    let good = allowed(told) || told.split(" AND ").all(either) || told.split(", ").all(allowed);
    (!good).then(|| format!("{name} has the licence {told:?}, which is none of those allowed"))
}
