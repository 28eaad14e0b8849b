//! Renames: which new path an old one went to, exact first, then by similarity.

use std::collections::{BTreeMap, HashMap};

/// Least share of common lines, in percent, that makes two files one (git's own measure).
const SIMILAR: usize = 50;

/// One side of a possible rename.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Path from the root.
    pub path: &'a str,
    /// A file's bytes.
    pub bytes: &'a [u8],
}

/// Pairs what is gone with what came: old path → new path, each used once.
pub fn pair(gone: &[Candidate<'_>], came: &[Candidate<'_>]) -> BTreeMap<String, String> {
    let mut pairs: Vec<(usize, bool, usize, usize)> = Vec::new();
    let came_lines: Vec<HashMap<&[u8], usize>> = came.iter().map(|file| lines(file.bytes)).collect();
    for (old_index, old) in gone.iter().enumerate() {
        let old_lines = lines(old.bytes);
        for (new_index, new) in came.iter().enumerate() {
            let score = score(old.bytes, &old_lines, new.bytes, &came_lines[new_index]);
            if score >= SIMILAR {
                pairs.push((score, file_name(old.path) == file_name(new.path), old_index, new_index));
            }
        }
    }
    pairs.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    let (mut old_used, mut new_used) = (vec![false; gone.len()], vec![false; came.len()]);
    let mut found = BTreeMap::new();
    for (_, _, old, new) in pairs {
        if !old_used[old] && !new_used[new] {
            (old_used[old], new_used[new]) = (true, true);
            found.insert(gone[old].path.to_owned(), came[new].path.to_owned());
        }
    }
    found
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Common bytes in lines, in percent of the larger file.
fn score(old: &[u8], old_lines: &HashMap<&[u8], usize>, new: &[u8], new_lines: &HashMap<&[u8], usize>) -> usize {
    let larger = old.len().max(new.len());
    if old.is_empty() || new.is_empty() {
        return 0;
    }
    if old == new {
        return 100;
    }
    if old.len().min(new.len()) * 100 < larger * SIMILAR {
        return 0;
    }
    let common: usize =
        old_lines.iter().map(|(line, count)| line.len() * count.min(new_lines.get(line).unwrap_or(&0))).sum();
    common * 100 / larger
}

/// How often each line occurs, whatever its end.
fn lines(bytes: &[u8]) -> HashMap<&[u8], usize> {
    let mut counts = HashMap::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r\n").unwrap_or(line);
        *counts.entry(line).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &[&str]) -> String {
        words.iter().map(|word| format!("a line that says {word}\n")).collect()
    }

    #[test]
    fn exact_renames_come_first_and_the_same_name_breaks_ties() {
        let (one, two) = (text(&["a", "b", "c", "d"]), text(&["a", "b", "c", "e"]));
        let gone = [Candidate { path: "x/one.ts", bytes: one.as_bytes() }];
        let came = [
            Candidate { path: "y/other.ts", bytes: one.as_bytes() },
            Candidate { path: "y/two.ts", bytes: two.as_bytes() },
            Candidate { path: "z/one.ts", bytes: one.as_bytes() },
        ];
        assert_eq!(pair(&gone, &came)["x/one.ts"], "z/one.ts");
        assert_eq!(pair(&gone, &came[1..2])["x/one.ts"], "y/two.ts");
    }

    #[test]
    fn empty_and_different_files_are_no_renames() {
        let long = text(&["a", "b", "c", "d"]);
        for (old, new) in [("", ""), ("x\n", "x\n y\n"), (&long[..], &text(&["e", "f", "g", "h"])[..])] {
            let gone = [Candidate { path: "old", bytes: old.as_bytes() }];
            let came = [Candidate { path: "new", bytes: new.as_bytes() }];
            assert!(pair(&gone, &came).is_empty(), "{old:?} {new:?}");
        }
    }
}
