//! The merge against git on thousands of generated files, and against its own promises on random repositories.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use duostack::merge::text::{self, Labels, Lines};
use duostack::merge::{Mine, Owned, State, Tracking, merge};
use duostack::tree::{Content, Entry, Tree};

/// A small generator with a seed, so that a failure comes back.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    /// Lines of code-like text; a small stock makes many of them alike.
    fn lines(&mut self, count: usize, stock: usize) -> Vec<String> {
        (0..count).map(|_| self.line(stock)).collect()
    }

    fn line(&mut self, stock: usize) -> String {
        match self.roll(6) {
            0 => String::new(),
            1 => "}".to_owned(),
            _ => format!("line {}", self.roll(stock)),
        }
    }

    /// A few edits, with lines that say whose they are.
    fn edit(&mut self, lines: &[String], whose: &str, edits: usize) -> Vec<String> {
        let mut lines = lines.to_vec();
        for number in 0..edits {
            let at = self.roll(lines.len() + 1);
            let new = format!("{whose} {number} {}", self.roll(4));
            match self.roll(5) {
                0 | 1 => lines.insert(at, new),
                2 if at < lines.len() => drop(lines.remove(at)),
                3 if at < lines.len() => {
                    let until = (at + 1 + self.roll(4)).min(lines.len());
                    lines.splice(at..until, [new]);
                }
                _ if at < lines.len() => lines[at] = new,
                _ => lines.push(new),
            }
        }
        lines
    }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn labels() -> Labels {
    Labels { mine: "mine".into(), base: "base".into(), theirs: "theirs".into() }
}

type Triple = [String; 3];

fn triples(count: usize, stock: usize) -> Vec<Triple> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut triple = |_| {
        let count = dice.roll(40);
        let base = dice.lines(count, stock);
        let edits = 1 + dice.roll(4);
        let mine = dice.edit(&base, "mine", edits);
        // Sometimes both do the same.
        let shared = if dice.one_in(4) { mine.clone() } else { base.clone() };
        let edits = 1 + dice.roll(4);
        let theirs = dice.edit(&shared, "theirs", edits);
        [joined(&base), joined(&mine), joined(&theirs)]
    };
    (0..count).map(&mut triple).collect()
}

/// Lets git merge every triple in one go, as files of one tree; the results are in the order of the triples.
fn by_git(triples: &[Triple]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(["-c", "merge.conflictStyle=zdiff3", "-c", "merge.renames=false"]);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").args(arguments);
        command
    };
    assert!(git(&["init", "--quiet"]).status().unwrap().success());
    let mut stream = String::new();
    for (side, (name, from)) in [("base", ""), ("mine", "from :1\n"), ("theirs", "from :1\n")].iter().enumerate() {
        let mark = side + 1;
        write!(stream, "commit refs/heads/{name}\nmark :{mark}\ncommitter A <a@b> 0 +0000\ndata 0\n{from}").unwrap();
        for (number, triple) in triples.iter().enumerate() {
            let text = &triple[side];
            write!(stream, "M 644 inline {number:05}.txt\ndata {}\n{text}\n", text.len()).unwrap();
        }
    }
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let merged = git(&["merge-tree", "--write-tree", "--name-only", "mine", "theirs"]).output().unwrap();
    let tree = String::from_utf8(merged.stdout).unwrap().lines().next().unwrap().to_owned();
    let archive = git(&["archive", &tree]).output().unwrap();
    let mut tar = Command::new("tar").current_dir(folder.path()).arg("-x").stdin(Stdio::piped()).spawn().unwrap();
    tar.stdin.take().unwrap().write_all(&archive.stdout).unwrap();
    assert!(tar.wait().unwrap().success());
    (0..triples.len())
        .map(|number| std::fs::read_to_string(folder.path().join(format!("{number:05}.txt"))).unwrap())
        .collect()
}

fn counts(text: &str) -> BTreeMap<&str, usize> {
    text.lines().fold(BTreeMap::new(), |mut counts, line| {
        *counts.entry(line).or_default() += 1;
        counts
    })
}

/// A line that a side added and the result does not hold as often.
fn lost<'a>(base: &str, side: &'a str, result: &str) -> Option<&'a str> {
    let (base, result) = (counts(base), counts(result));
    let of = |counts: &BTreeMap<&str, usize>, line: &str| counts.get(line).copied().unwrap_or(0);
    counts(side)
        .into_iter()
        .find(|(line, count)| count.saturating_sub(of(&base, line)) > of(&result, line))
        .map(|(line, _)| line)
}

/// How our merges stand beside git's.
#[derive(Debug, Default)]
struct Tally {
    clean: usize,
    /// We ask where git merges.
    cautious: usize,
    /// We merge where git asks.
    bold: usize,
    /// Both merge, differently.
    other: usize,
}

fn tally(triples: &[Triple]) -> Tally {
    let mut tally = Tally::default();
    for (triple, git) in triples.iter().zip(&by_git(triples)) {
        let [base, mine, theirs] = triple;
        let Lines { text, conflicts } = text::merge(base, mine, theirs, &labels());
        for side in [mine, theirs] {
            assert_eq!(lost(base, side, &text), None, "lost from\n{base}---\n{mine}---\n{theirs}---\n{text}");
        }
        match (conflicts == 0, !git.contains("<<<<<<< ")) {
            (true, true) if text == *git => tally.clean += 1,
            (true, true) => {
                println!("=== base\n{base}=== mine\n{mine}=== theirs\n{theirs}=== git\n{git}=== ours\n{text}");
                tally.other += 1;
            }
            (true, false) => tally.bold += 1,
            (false, true) => tally.cautious += 1,
            (false, false) => {}
        }
    }
    println!("{} triples: {tally:?}", triples.len());
    tally
}

#[test]
fn text_merges_are_gits_or_ask_the_owner() {
    let Tally { clean, cautious, bold, other } = tally(&triples(4000, 1000));
    assert!(clean > 1000, "{clean}");
    assert_eq!(other, 0);
    // Git asks in a few that both sides changed alike, because it aligned one of them otherwise.
    assert!(cautious * 100 < 4000 && bold * 1000 < 4000, "{cautious} {bold}");
}

/// Six different lines in all: which of many equal ones was meant is anybody's guess.
#[test]
fn repeated_lines_are_never_merged_otherwise_than_by_git() {
    let Tally { clean, cautious, bold, other } = tally(&triples(4000, 3));
    assert!(clean > 1000, "{clean}");
    assert_eq!(other, 0);
    assert!(cautious * 20 < 4000 && bold * 100 < 4000, "{cautious} {bold}");
}

const PATHS: &[&str] = &[
    "README.md",
    "a.ts",
    "b.py",
    "x/a.ts",
    "x/b.ts",
    "x/y/c.py",
    "x",
    "package.json",
    "logo.bin",
    "run.sh",
    "z/ü \"ö\".txt",
    "-v",
    "pyproject.toml",
    "package-lock.json",
    "new/a.ts",
    "new/b.py",
];

fn some_content(dice: &mut Dice, path: &str, whose: &str) -> Content {
    let bytes = match path {
        "logo.bin" => vec![0, dice.roll(4) as u8, 7, 7],
        "package.json" => {
            let version = |dice: &mut Dice| dice.roll(3);
            format!(
                "{{\n  \"name\": \"x\",\n  \"dependencies\": {{\n    \"a\": \"{}\",\n    \"b\": \"{}\",\n    \"{whose}\": \"1\"\n  }}\n}}\n",
                version(dice),
                version(dice)
            )
            .into_bytes()
        }
        "pyproject.toml" => {
            format!("[project]\nname = \"x\"\ndependencies = [\n  \"a=={}\",\n  \"{whose}==1\",\n]\n", dice.roll(3))
                .into_bytes()
        }
        _ => {
            let count = 3 + dice.roll(12);
            joined(&dice.lines(count, 1000)).into_bytes()
        }
    };
    Content::Bytes(Cow::Owned(bytes))
}

fn changed(dice: &mut Dice, path: &str, content: &Content, whose: &str) -> Content {
    match std::str::from_utf8(content.bytes()) {
        Ok(text) if !text.contains('\0') && !path.ends_with(".json") && !path.ends_with(".toml") => {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let edits = 1 + dice.roll(3);
            Content::Bytes(Cow::Owned(joined(&dice.edit(&lines, whose, edits)).into_bytes()))
        }
        _ => some_content(dice, path, whose),
    }
}

/// What one side did to the base: edits, deletions, renames, additions, links, executable bits.
fn side(dice: &mut Dice, base: &BTreeMap<String, Entry>, whose: &str) -> BTreeMap<String, Entry> {
    let mut files = base.clone();
    for path in base.keys() {
        match dice.roll(8) {
            0 => drop(files.remove(path)),
            1 | 2 => {
                let entry = files.get_mut(path).unwrap();
                entry.content = changed(dice, path, &entry.content, whose);
            }
            3 => {
                let entry = files.remove(path).unwrap();
                files.insert(format!("{whose}/{path}"), entry);
            }
            4 => files.get_mut(path).unwrap().executable = dice.one_in(2),
            5 if dice.one_in(4) => files.get_mut(path).unwrap().content = Content::Link("a.ts".to_owned()),
            _ => {}
        }
    }
    for path in PATHS {
        if dice.one_in(5) && !files.contains_key(*path) {
            files.insert(
                (*path).to_owned(),
                Entry { content: some_content(dice, path, whose), executable: false, layer: String::new() },
            );
        }
    }
    let paths: Vec<String> = files.keys().cloned().collect();
    // A path is a file or a folder, not both.
    files.retain(|path, _| !paths.iter().any(|other| other.starts_with(&format!("{path}/"))));
    files
}

fn tree(files: &BTreeMap<String, Entry>) -> Tree {
    let mut tree = Tree::default();
    for (path, entry) in files {
        tree.insert(path.clone(), entry.clone()).unwrap();
    }
    tree
}

fn owned(files: &BTreeMap<String, Entry>) -> Mine {
    let own = |entry: &Entry| Owned {
        content: entry.content.clone(),
        executable: entry.executable,
        tracking: Tracking::Tracked,
    };
    Mine { entries: files.iter().map(|(path, entry)| (path.clone(), own(entry))).collect() }
}

/// Lines, without the comma that a list puts behind all but its last entry.
fn lines_of(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b",").unwrap_or(line))
}

/// Every line that the owner added to any file, or a file's bytes where it is no text.
fn own_words(base: &BTreeMap<String, Entry>, mine: &BTreeMap<String, Entry>) -> Vec<Vec<u8>> {
    let old: Vec<&[u8]> = base.values().flat_map(|entry| lines_of(entry.content.bytes())).collect();
    let new = mine.values().filter(|entry| matches!(entry.content, Content::Bytes(_)));
    let lines = new.flat_map(|entry| lines_of(entry.content.bytes()));
    lines.filter(|line| !old.contains(line) && !line.is_empty()).map(<[u8]>::to_vec).collect()
}

#[test]
fn whatever_owners_and_templates_do_no_line_of_the_owners_is_lost_and_a_second_update_is_empty() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut conflicts, mut merged_files) = (0, 0);
    for round in 0..3000 {
        let base = side(&mut dice, &BTreeMap::new(), "base");
        let (mine, theirs) = (side(&mut dice, &base, "mine"), side(&mut dice, &base, "theirs"));
        let (base_tree, theirs_tree) = (tree(&base), tree(&theirs));
        let Ok(merged) = merge(&base_tree, &owned(&mine), &theirs_tree, &|_| labels()) else {
            // Refused, because something would be written behind a link.
            continue;
        };
        conflicts += merged.in_state(State::Conflict).count();
        merged_files += merged.in_state(State::Merged).count();
        let mut after = mine.clone();
        after.retain(|path, _| !merged.deletes.contains(path));
        for (path, (content, executable)) in &merged.puts {
            after.insert(
                path.clone(),
                Entry { content: content.clone(), executable: *executable, layer: String::new() },
            );
        }
        for path in after.keys() {
            let folder = format!("{path}/");
            assert!(
                !after.keys().any(|other| other.starts_with(&folder)),
                "round {round}: {path} is a file and a folder"
            );
        }
        for (path, entry) in &mine {
            let untouched = base.get(path).is_some_and(|old| old.content == entry.content);
            let survives = untouched
                || after.contains_key(path)
                || merged.verdicts.iter().any(|verdict| verdict.moved_from.as_ref() == Some(path));
            assert!(survives, "round {round}: {path} is gone");
        }
        let words: Vec<&[u8]> = after.values().flat_map(|entry| lines_of(entry.content.bytes())).collect();
        for line in own_words(&base, &mine) {
            assert!(words.contains(&line.as_slice()), "round {round}: lost {:?}", String::from_utf8_lossy(&line));
        }
        let again = merge(&theirs_tree, &owned(&after), &theirs_tree, &|_| labels()).unwrap();
        assert!(again.is_empty(), "round {round}: a second update would change {:?}", again.puts.keys());
    }
    assert!(conflicts > 1000 && merged_files > 1000, "{conflicts} {merged_files}");
}
