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
    pub npm: Option<Content>,
    /// `requirements.txt` of `uv pip compile --universal --generate-hashes`, annotated.
    pub python: Option<Content>,
}

impl Supersets {
    /// Takes a file at the root of a pack, if it is one of these.
    pub fn take(&mut self, path: &str, content: Content) {
        match path {
            npm::FILE => self.npm = Some(content),
            python::FILE => self.python = Some(content),
            _ => {}
        }
    }

    /// Both, by their names.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Content)> {
        let files = [(npm::FILE, &self.npm), (python::FILE, &self.python)];
        files.into_iter().filter_map(|(name, content)| Some((name, content.as_ref()?)))
    }
}

/// Puts a lock beside the root's package.json and beside each manifest of Python, unless a layer brought its own.
///
/// # Errors
/// A superset or a manifest that does not parse; a requirement that the superset does not hold.
pub fn add(tree: &mut Tree, supersets: &Supersets) -> Outcome<()> {
    let mut locks = Vec::new();
    if let (Some(superset), Some(entry)) = (&supersets.npm, tree.get(npm::MANIFEST)) {
        let superset = npm::Superset::read(superset.text(npm::FILE)?)?;
        let lock = superset.lock(entry.content.text(npm::MANIFEST)?).map_err(|failure| told(failure, npm::MANIFEST))?;
        locks.extend(lock.map(|lock| (npm::FILE.to_owned(), lock, entry.layer.clone())));
    }
    if let Some(superset) = &supersets.python {
        let superset = python::Superset::read(superset.text(python::FILE)?);
        for (path, entry) in tree.iter() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if python::MANIFESTS.contains(&name) {
                let found = superset.locks(name, entry.content.text(path)?).map_err(|failure| told(failure, path))?;
                let place = |file| if folder.is_empty() { file } else { format!("{folder}/{file}") };
                locks.extend(found.into_iter().map(|(file, lock)| (place(file), lock, entry.layer.clone())));
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

fn told(failure: Failure, path: &str) -> Failure {
    Failure { source: anyhow::anyhow!("{path}: {failure}"), ..failure }
}

/// What a manifest asks for and the superset does not hold.
fn missing(what: &str, file: &str) -> Failure {
    Failure::refused(format!("`{what}` is not in the pack's {file}")).hint(format!(
        "take {file} out of the pack: nothing is locked then, until the emitted repository does it itself"
    ))
}
