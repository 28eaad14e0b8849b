//! Locks cut from the supersets: sound, complete, and what npm and uv would write themselves.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

#[path = "maintenance/rules.rs"]
mod rules;
mod support;
#[path = "support/tools.rs"]
mod tools;
#[path = "maintenance/wanted.rs"]
mod wanted;

use std::fs;
use std::path::Path;
use std::process::Command;

use duostack::catalogue::Catalogue;
use duostack::locks::{npm, python};
use serde_json::{Value, json};
use support::World;
use wanted::Wanted;

fn superset(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(file)).unwrap()
}

#[test]
fn the_supersets_hold_what_the_layers_ask_for_and_nothing_that_is_unsound() {
    let (npm_text, python_text) = (superset(npm::FILE), superset(python::FILE));
    assert_eq!(rules::npm(&npm_text), [""; 0]);
    assert_eq!(rules::python(&python_text), [""; 0]);
    let wanted = Wanted::of(&Catalogue::built_in().unwrap());
    npm::Superset::read(&npm_text).unwrap().lock(&wanted.package_json()).unwrap();
    python::Superset::read(&python_text).locks("pyproject.toml", &wanted.pyproject_toml()).unwrap();
}

#[test]
fn a_package_that_is_unsound_is_told() {
    let mut lock: Value = serde_json::from_str(&superset(npm::FILE)).unwrap();
    let objections = |lock: &Value| rules::npm(&lock.to_string()).join("\n");
    for (key, value, says) in [
        ("integrity", json!("sha1-x"), "node_modules/ws has no sha512"),
        ("hasInstallScript", json!(true), "node_modules/ws runs a script"),
        ("deprecated", json!("use another"), "node_modules/ws is deprecated"),
        ("resolved", json!("elsewhere"), "node_modules/ws comes from an address"),
        ("license", json!("AGPL-3.0"), "node_modules/ws has the licence \"AGPL-3.0\""),
        ("optionalDependencies", json!({ "ws-for-windows": "1.0.0" }), "`ws-for-windows` is not in the pack's"),
    ] {
        let before = lock["packages"]["node_modules/ws"].clone();
        lock["packages"]["node_modules/ws"][key] = value;
        assert!(objections(&lock).contains(says), "{}", objections(&lock));
        lock["packages"]["node_modules/ws"] = before;
    }
    assert_eq!(rules::python("a==1\n    # via b\n"), ["a has no hash"]);
    for (licence, good) in [("MIT AND (Apache-2.0 OR GPL-3.0)", true), ("MIT AND GPL-3.0", false), ("", false)] {
        assert_eq!(rules::licence("a", licence).is_none(), good, "{licence}");
    }
}

#[test]
fn what_a_superset_does_not_hold_is_refused_and_a_pack_without_one_locks_nothing() {
    let world = World::new();
    world.run(["templates", "export", "pack"]).exits(0);
    world.write("pack/repository+chat/package.json", r#"{ "dependencies": { "left-pad": "1.3.0" } }"#);
    let new = ["new", "out", "--example", "parley", "--yes", "--templates", "pack", "--no-git"];
    let refused = world.run(new).exits(1);
    refused.says("package.json: `left-pad` is not in the pack's package-lock.json").says("take package-lock.json out");
    assert!(!world.path("out").exists());
    fs::remove_file(world.path("pack/package-lock.json")).unwrap();
    world.run(new).exits(0);
    assert!(!world.path("out/package-lock.json").exists());
    assert!(world.path("out/contract/requirements.txt").exists(), "the other ecosystem keeps its locks");
}

#[test]
fn a_layer_may_bring_a_lock_of_its_own() {
    let world = World::new();
    world.run(["templates", "export", "pack"]).exits(0);
    world.write("pack/contract/requirements.txt", "mine==1\n");
    world.run(["new", "out", "--example", "parley", "--yes", "--templates", "pack", "--no-git"]).exits(0);
    assert_eq!(fs::read_to_string(world.path("out/contract/requirements.txt")).unwrap(), "mine==1\n");
}

fn table(pairs: Vec<(&String, &String)>) -> Value {
    pairs.into_iter().map(|(name, version)| (name.clone(), Value::from(version.as_str()))).collect()
}

/// A few of the requirements, others for each `turn`, the same on every run.
fn some<T: Clone>(all: impl IntoIterator<Item = T>, turn: u64) -> Vec<T> {
    let mut state = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut coin = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 20 & 1 == 1
    };
    all.into_iter().filter(|_| coin()).collect()
}

fn ran(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "toolchains: asks npm"]
fn npm_would_write_the_same_for_any_subset() {
    let wanted = Wanted::of(&Catalogue::built_in().unwrap());
    let text = superset(npm::FILE);
    let superset = npm::Superset::read(&text).unwrap();
    let npm = tools::npm();
    for turn in 1..=12 {
        let (ours, theirs) = (some(&wanted.npm, turn), some(&wanted.npm, turn + 100));
        let dev: Vec<_> = theirs.into_iter().filter(|pair| !ours.contains(pair)).collect();
        let manifest = json!({ "name": "subset", "dependencies": table(ours), "devDependencies": table(dev) });
        let lock = superset.lock(&manifest.to_string()).unwrap().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("package.json"), manifest.to_string()).unwrap();
        fs::write(folder.path().join(npm::FILE), &lock).unwrap();
        let line =
            "install --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved";
        ran(Command::new(&npm).args(line.split(' ')).current_dir(&folder));
        let written = fs::read_to_string(folder.path().join(npm::FILE)).unwrap();
        assert!(lock == written, "{manifest}:\n{}", similar::TextDiff::from_lines(&lock, &written).unified_diff());
    }
}

#[test]
#[ignore = "toolchains: asks uv"]
fn uv_would_write_the_same_for_any_subset_but_for_markers() {
    let wanted = Wanted::of(&Catalogue::built_in().unwrap());
    let text = superset(python::FILE);
    let superset = python::Superset::read(&text);
    let uv = tools::uv();
    for turn in 1..=12 {
        let (own, dev) = (some(&wanted.python, turn), some(&wanted.python, turn + 100));
        let list = |all: Vec<&String>| all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ");
        let manifest = format!(
            "[project]\nname = \"subset\"\nversion = \"0\"\ndependencies = [{}]\n[dependency-groups]\ndev = [{}]\n",
            list(own),
            list(dev)
        );
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pyproject.toml"), &manifest).unwrap();
        for (file, lock) in superset.locks("pyproject.toml", &manifest).unwrap() {
            fs::write(folder.path().join(&file), &lock).unwrap();
            let line = "pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml";
            let mut command = Command::new(&uv);
            command.args(line.split(' ')).args(["--output-file", &file]).current_dir(&folder);
            if file.contains("dev") {
                command.args(["--group", "dev"]);
            }
            ran(&mut command);
            let written = unmarked(&fs::read_to_string(folder.path().join(&file)).unwrap());
            let lock = unmarked(&lock);
            assert!(lock == written, "{manifest}:\n{}", similar::TextDiff::from_lines(&lock, &written).unified_diff());
        }
    }
}

/// Where fewer ask for a package, fewer systems may need it: ours keeps the wider marker.
fn unmarked(lock: &str) -> String {
    let line = |line: &str| line.split(" ; ").next().unwrap_or_default().trim_end_matches(" \\").to_owned() + "\n";
    lock.lines().map(line).collect()
}
