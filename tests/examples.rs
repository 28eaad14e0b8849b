//! The examples are golden: what their answers emit is committed beside them.
//! `DUOSTACK_BLESS=1 cargo test --test examples` rewrites them.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use support::{World, snapshot};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// What `new` emits: all but the base (the same bytes again) and the secrets (different on every run).
fn emitted(name: &str) -> BTreeMap<String, Vec<u8>> {
    let world = World::new();
    world.run(["new", "out", "--example", name, "--no-git"]).exits(0);
    let mut files = snapshot(&world.path("out"));
    files.retain(|path, _| !path.starts_with(".duostack/") && path != ".env" && !path.ends_with('/'));
    files
}

fn compare(name: &str) {
    let tree = example(name).join("tree");
    let emitted = emitted(name);
    if std::env::var_os("DUOSTACK_BLESS").is_some() {
        bless(&tree, &emitted);
    }
    let mut committed = snapshot(&tree);
    committed.retain(|path, _| !path.ends_with('/') && !ignored(path));
    let missing: Vec<_> = emitted.keys().filter(|path| !committed.contains_key(*path)).collect();
    let surplus: Vec<_> = committed.keys().filter(|path| !emitted.contains_key(*path)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:?}\nsurplus: {surplus:?}");
    let changed: Vec<_> =
        emitted.iter().filter(|(path, bytes)| committed[*path] != **bytes).map(|(path, _)| path).collect();
    assert!(changed.is_empty(), "differ from examples/{name}/tree: {changed:?}; DUOSTACK_BLESS=1 rewrites them");
}

/// What working in a tree leaves behind and its own .gitignore keeps out of git.
fn ignored(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "node_modules" | ".venv" | "__pycache__" | "dist"))
}

fn bless(tree: &Path, emitted: &BTreeMap<String, Vec<u8>>) {
    let _ = fs::remove_dir_all(tree);
    for (path, bytes) in emitted {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn pulse_is_what_its_answers_emit() {
    compare("pulse");
}

#[test]
fn parley_is_what_its_answers_emit() {
    compare("parley");
}

#[test]
fn foresight_is_what_its_answers_emit() {
    compare("foresight");
}

/// Made from the contract or by a package manager: nobody reads or edits these. Tests are read when one fails.
fn is_read(path: &str) -> bool {
    let ends = [
        "app/contract.py",
        "app/client.py",
        "app/contract_ai.py",
        "app/contract_jobs.py",
        "package-lock.json",
        "requirements.txt",
        "requirements-dev.txt",
    ];
    let folders = ["contract/generated/", "/test/", "/tests/"];
    !ends.iter().any(|end| path.ends_with(end)) && !folders.iter().any(|folder| path.contains(folder))
}

#[test]
fn every_example_is_small_enough_to_read_in_an_hour() {
    for name in ["pulse", "parley", "foresight"] {
        let count = emitted(name).keys().filter(|path| is_read(path)).count();
        assert!(count < 185, "{name} has {count} files to read");
    }
}
