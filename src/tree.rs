//! Tree: sorted map from relative path to what stands there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::failure::{Failure, Outcome};

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file's bytes; the built-in templates lend theirs.
    Bytes(Cow<'static, [u8]>),
    /// A symbolic link's target, relative to its own folder.
    Link(String),
}

impl Content {
    /// The bytes that are hashed and compared: a file's own, or a link's target.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Content::Bytes(bytes) => bytes,
            Content::Link(target) => target.as_bytes(),
        }
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// Other bytes, with the place where they stand.
    pub fn text(&self, place: &str) -> Outcome<&str> {
        std::str::from_utf8(self.bytes()).map_err(|_| Failure::refused(format!("{place}: not UTF-8")))
    }

    /// SHA-256 in lower-case hexadecimal.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.bytes()))
    }
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Bytes or link.
    pub content: Content,
    /// Whether it may be executed.
    pub executable: bool,
    /// The layer that emitted it last.
    pub layer: String,
}

/// Relative paths with forward slashes, sorted, each checked to stay inside the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

impl Tree {
    /// Puts an entry at a path, replacing what stood there.
    ///
    /// # Errors
    /// A path or link that leaves the root, or that is reserved.
    pub fn insert(&mut self, path: String, entry: Entry) -> Outcome<()> {
        check_path(&path)?;
        if let Content::Link(target) = &entry.content {
            check_link(&path, target)?;
        }
        self.entries.insert(path, entry);
        Ok(())
    }

    /// The entry at a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Every path with its entry, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Whether anything stands below a folder.
    pub fn has_below(&self, folder: &str) -> bool {
        let prefix = format!("{folder}/");
        self.entries.range(prefix.clone()..).next().is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Refuses two entries of which one is a folder of the other, or that differ in case alone.
    ///
    /// # Errors
    /// The two paths.
    pub fn check_shape(&self) -> Outcome<()> {
        let mut folded: BTreeMap<String, &str> = BTreeMap::new();
        for path in self.entries.keys() {
            if let Some(other) = folded.insert(path.to_lowercase(), path) {
                return Err(Failure::refused(format!("`{other}` and `{path}` differ in case alone"))
                    .hint("some file systems hold only one of them: rename one"));
            }
            let above =
                path.match_indices('/').map(|(at, _)| &path[..at]).find(|folder| self.entries.contains_key(*folder));
            if let Some(file) = above {
                return Err(Failure::refused(format!("`{file}` is a file and the folder of `{path}`"))
                    .hint("rename one of them"));
            }
        }
        Ok(())
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Refuses a path that is empty, absolute, steps upward, or lands where git or we keep state.
///
/// # Errors
/// The path and the rule.
pub fn check_path(path: &str) -> Outcome<()> {
    let refuse = |rule: &str| {
        Err(Failure::refused(format!("{path:?} {rule}"))
            .hint("a path is relative, inside the repository, with forward slashes"))
    };
    if path.is_empty() || path.starts_with('/') || path.contains('\0') || path.contains('\\') {
        return refuse("is not a relative path");
    }
    if path.len() >= 2 && path.as_bytes()[1] == b':' {
        return refuse("names a drive");
    }
    for part in path.split('/') {
        match part {
            "" | "." | ".." => return refuse("leaves the repository or is not in its simplest form"),
            _ if part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case("git~1") => {
                return refuse("lies inside git's own folder");
            }
            _ => {}
        }
    }
    match path.split('/').next().map(str::to_ascii_lowercase).as_deref() {
        Some(".duostack") => refuse("lies where duostack keeps its base"),
        Some("duostack.toml") => refuse("is the answers file, which duostack writes itself"),
        _ => Ok(()),
    }
}

fn check_link(path: &str, target: &str) -> Outcome<()> {
    let depth = path.matches('/').count() as i64;
    let mut level = depth;
    let leaves = target.is_empty()
        || target.starts_with('/')
        || target.contains('\\')
        || target.as_bytes().get(1) == Some(&b':')
        || target.split('/').any(|part| {
            level += match part {
                ".." => -1,
                "" | "." => 0,
                _ => 1,
            };
            level < 0
        });
    if leaves {
        return Err(Failure::refused(format!("the link `{path}` → `{target}` leaves the tree"))
            .hint("a link is relative and stays inside the tree"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(target: &str) -> Entry {
        Entry { content: Content::Link(target.into()), executable: false, layer: String::new() }
    }

    #[test]
    fn paths_that_leave_the_root_are_refused() {
        for path in [
            "",
            "/etc/x",
            "../x",
            "a/../x",
            "a//b",
            "./a",
            "c:/x",
            "a\\b",
            ".git/config",
            "a/.GIT/hooks/x",
            ".duostack/base",
            ".DuoStack/base",
            "duostack.toml",
            "a\0b",
        ] {
            assert!(check_path(path).is_err(), "{path:?}");
        }
        for path in ["a", "-x", "a b/ü", ".gitignore", "a/.duostack", "..a/b.."] {
            assert!(check_path(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    fn links_may_point_inside_the_tree_only() {
        for (path, target, allowed) in [
            ("a/l", "../b", true),
            ("l", "a/b", true),
            ("l", "../b", false),
            ("a/l", "../../b", false),
            ("l", "/etc", false),
            ("a/l", "b/../../../c", false),
            ("l", "", false),
        ] {
            assert_eq!(Tree::default().insert(path.into(), link(target)).is_ok(), allowed, "{path} → {target}");
        }
    }

    #[test]
    fn a_file_that_is_also_a_folder_is_refused() {
        let mut tree = Tree::default();
        tree.insert("a".into(), link("b")).unwrap();
        tree.insert("a/c".into(), link("d")).unwrap();
        assert!(tree.check_shape().is_err());
    }
}
