//! Locks of exactly what was emitted: cut from one superset for each ecosystem, which the pack holds at its root.
//!
//! A superset is what the ecosystem's own tool locked for everything that any layer asks for; so every product
//! gets versions that were resolved, and tried, together.

pub mod npm;
pub mod python;

use std::borrow::Cow;

use crate::failure::{Failure, Outcome};
use crate::tree::{Content, Entry, Tree};

/// The supersets of a pack; an ecosystem without one gets no locks.
#[derive(Clone, Debug, Default)]
pub struct Supersets {
    /// `package-lock.json`, version 3, without addresses.
    pub npm: Option<Cow<'static, [u8]>>,
    /// `requirements.txt` of `uv pip compile --universal --generate-hashes`, annotated.
    pub python: Option<Cow<'static, [u8]>>,
}

impl Supersets {
    /// Takes a file at the root of a pack, if it is one of these.
    pub fn take(&mut self, path: &str, content: &Content) {
        let Content::Bytes(bytes) = content else { return };
        match path {
            npm::FILE => self.npm = Some(bytes.clone()),
            python::FILE => self.python = Some(bytes.clone()),
            _ => {}
        }
    }

    /// Both, by their names.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let files = [(npm::FILE, &self.npm), (python::FILE, &self.python)];
        files.into_iter().filter_map(|(name, bytes)| Some((name, bytes.as_deref()?)))
    }
}

/// Puts a lock beside each manifest of the tree, unless a layer brought its own.
///
/// # Errors
/// A superset or a manifest that does not parse; a requirement that the superset does not hold.
pub fn add(tree: &mut Tree, supersets: &Supersets) -> Outcome<()> {
    let mut locks = Vec::new();
    if let Some(bytes) = &supersets.npm {
        let superset = npm::Superset::read(utf8(npm::FILE, bytes)?)?;
        for (path, entry) in manifests(tree, "package.json") {
            let lock = superset.lock(utf8(path, entry.content.bytes())?).map_err(|failure| told(failure, path))?;
            locks.push((beside(path, npm::FILE), lock, entry.layer.clone()));
        }
    }
    if let Some(bytes) = &supersets.python {
        let superset = python::Superset::read(utf8(python::FILE, bytes)?);
        for name in python::MANIFESTS {
            for (path, entry) in manifests(tree, name) {
                let text = utf8(path, entry.content.bytes())?;
                for (file, lock) in superset.locks(name, text).map_err(|failure| told(failure, path))? {
                    locks.push((beside(path, &file), lock, entry.layer.clone()));
                }
            }
        }
    }
    for (path, lock, layer) in locks {
        if tree.get(&path).is_none() {
            let content = Content::Bytes(Cow::Owned(lock.into_bytes()));
            tree.insert(path, Entry { content, executable: false, layer })?;
        }
    }
    Ok(())
}

fn manifests<'a>(tree: &'a Tree, name: &'a str) -> impl Iterator<Item = (&'a str, &'a Entry)> {
    tree.iter().filter(move |(path, _)| path.rsplit('/').next() == Some(name))
}

fn beside(path: &str, name: &str) -> String {
    path.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}"))
}

fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Outcome<&'a str> {
    std::str::from_utf8(bytes).map_err(|_| Failure::refused(format!("{path}: not UTF-8")))
}

fn told(failure: Failure, path: &str) -> Failure {
    Failure { source: anyhow::anyhow!("{path}: {failure}"), ..failure }
}

/// What a manifest asks for and the superset does not hold.
fn missing(what: &str, file: &str) -> Failure {
    Failure::refused(format!("`{what}` is not in the pack's {file}")).hint(format!(
        "take {file} out of the pack: nothing is locked then, until the emitted repository does it itself"
    ))
}
