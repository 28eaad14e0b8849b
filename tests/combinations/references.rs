//! One tree: whether everything that its files refer to is in it, or in what it locks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::files::File;
use crate::python::Import;

/// Distributions that are imported under another name.
const RENAMED: &[(&str, &str)] =
    &[("google", "protobuf"), ("sklearn", "scikit-learn"), ("upath", "universal-pathlib"), ("yaml", "pyyaml")];

/// A tree, read.
pub struct Tree<'a> {
    pub files: BTreeMap<&'a str, Arc<File>>,
    /// Every folder that holds a file.
    pub folders: BTreeSet<&'a str>,
}

impl<'a> Tree<'a> {
    pub fn new(files: BTreeMap<&'a str, Arc<File>>) -> Self {
        let parents = |path: &'a str| path.match_indices('/').map(move |(at, _)| &path[..at]);
        let folders = files.keys().flat_map(|path| parents(path)).collect();
        Self { files, folders }
    }

    /// What refers to nothing, as `path: what`.
    pub fn dangling(&self, library: &BTreeSet<String>) -> Vec<String> {
        let mut faults = Vec::new();
        for (path, file) in &self.files {
            let mut fault = |what: String| faults.push(format!("{path}: {what}"));
            file.faults.iter().for_each(|what| fault(what.clone()));
            let modules = file.modules.iter().flat_map(|(module, names)| self.missing_of(path, module, names));
            let imports = file.imports.iter().flat_map(|import| self.missing(path, import, library));
            modules.chain(imports).for_each(|module| fault(format!("imports {module}, which is not there")));
            let dead = file.beside.iter().filter(|target| !self.holds_reference(path, target));
            dead.for_each(|target| fault(format!("refers to {target}, which is not there")));
            let dead = file.below_root.iter().filter(|target| !self.stands(target));
            dead.for_each(|target| fault(format!("speaks of {target}, which is not there")));
        }
        faults
    }

    /// Whether a file or folder stands there; `…/**` is a folder.
    fn stands(&self, path: &str) -> bool {
        let path = path.trim_end_matches("/**").trim_end_matches('/');
        path == "." || self.files.contains_key(path) || self.folders.contains(path) || self.any_matches(path)
    }

    /// `*.json` and the like.
    fn any_matches(&self, pattern: &str) -> bool {
        let Some((before, after)) = pattern.split_once('*') else { return false };
        self.files.keys().any(|path| path.starts_with(before) && path.ends_with(after))
    }

    fn holds_reference(&self, path: &str, target: &str) -> bool {
        let (file, pointer) = target.split_once('#').unwrap_or((target, ""));
        let place = if file.is_empty() { path.to_owned() } else { join(folder(path), file) };
        match self.files.get(place.as_str()) {
            Some(found) => pointer.is_empty() || found.pointers.contains(pointer),
            None => pointer.is_empty() && self.stands(&place),
        }
    }

    /// What a TypeScript import asks for and neither the tree nor package.json has.
    fn missing_of(&self, path: &str, module: &str, names: &BTreeSet<String>) -> Vec<String> {
        let manifest = self.files.get("package.json").map_or(&Value::Null, |file| &file.document);
        let place = match module.chars().next() {
            Some('.') => Some(join(folder(path), module)),
            Some('#') => mapped(&manifest["imports"], module),
            _ if module.starts_with("node:") => return Vec::new(),
            _ => {
                let parts = if module.starts_with('@') { 2 } else { 1 };
                let package = module.split('/').take(parts).collect::<Vec<_>>().join("/");
                let tables = ["dependencies", "devDependencies"];
                let there = tables.iter().any(|table| manifest[*table].get(&package).is_some());
                return if there { Vec::new() } else { vec![module.to_owned()] };
            }
        };
        match place.and_then(|place| self.files.get(place.as_str())) {
            Some(file) => undefined(file, names).map(|name| format!("{name} of {module}")).collect(),
            None => vec![module.to_owned()],
        }
    }

    /// The modules of an import that neither the tree, the standard library nor a lock has.
    fn missing(&self, path: &str, import: &Import, library: &BTreeSet<String>) -> Vec<String> {
        let Import(level, module, names) = import;
        let service = path.split('/').take(2).collect::<Vec<_>>().join("/");
        let roots = match level {
            0 => vec![folder(path).to_owned(), service.clone()],
            up => vec![(1..*up).fold(folder(path).to_owned(), |at, _| folder(&at).to_owned())],
        };
        let place = |root: &str| join(root, &module.replace('.', "/"));
        let found = roots.iter().map(|root| place(root)).find(|place| self.is_module(place));
        let Some(place) = found else {
            let top = module.split('.').next().unwrap_or_default();
            let there = library.contains(top) || self.is_locked(&service, top);
            return if there { Vec::new() } else { vec![module.clone()] };
        };
        let file = [format!("{place}.py"), format!("{place}/__init__.py")];
        let file = file.iter().find_map(|file| self.files.get(file.as_str()));
        let strange = |name: &&String| {
            file.is_none_or(|file| undefined(file, [*name]).next().is_some()) && !self.is_module(&join(&place, name))
        };
        names.iter().filter(strange).map(|name| format!("{name} of {module}")).collect()
    }

    fn is_module(&self, place: &str) -> bool {
        self.files.contains_key(format!("{place}.py").as_str()) || self.folders.contains(place)
    }

    fn is_locked(&self, service: &str, module: &str) -> bool {
        let renamed = RENAMED.iter().find(|(imported, _)| *imported == module).map(|(_, name)| (*name).to_owned());
        let name = renamed.unwrap_or_else(|| module.replace('_', "-"));
        let mut beside = self
            .files
            .iter()
            .filter(|(path, _)| path.starts_with(&format!("{service}/")) || path.starts_with("contract/requirements"));
        beside.any(|(_, file)| file.locked.contains(&name))
    }
}

/// The names that a file does not define.
fn undefined<'n>(file: &File, names: impl IntoIterator<Item = &'n String>) -> impl Iterator<Item = &'n String> {
    names.into_iter().filter(|name| file.defined.as_ref().is_some_and(|defined| !defined.contains(*name)))
}

/// Where package.json's `imports` send a module.
fn mapped(imports: &Value, module: &str) -> Option<String> {
    imports.as_object()?.iter().find_map(|(pattern, target)| {
        let target = target.as_str()?.trim_start_matches("./");
        let (before, after) = pattern.split_once('*').unwrap_or((pattern, ""));
        if !pattern.contains('*') {
            return (pattern == module).then(|| target.to_owned());
        }
        let star = module.strip_prefix(before)?.strip_suffix(after)?;
        Some(target.replace('*', star))
    })
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A relative path from a folder, without dots.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
