//! Every row of "Update, exactly" as folders: base, mine, theirs, what is expected, and what is said.
//!
//! `DUOSTACK_BLESS=1 cargo test --test merges` rewrites `expected/` and `screen`; look at the difference.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::World;

const ANSWERS: &str = "[product]\nname = \"Sample\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n";

/// How a case differs from the plain one, from its `setup` file.
#[derive(Default)]
struct Setup {
    git: bool,
    allow_dirty: bool,
    untracked: Vec<String>,
    uncommitted: Vec<String>,
}

impl Setup {
    fn read(case: &Path) -> Self {
        let mut setup = Self::default();
        for line in fs::read_to_string(case.join("setup")).unwrap_or_default().lines() {
            match line.split_once(' ') {
                Some(("untracked", path)) => setup.untracked.push(path.to_owned()),
                Some(("uncommitted", path)) => setup.uncommitted.push(path.to_owned()),
                _ if line == "git" => setup.git = true,
                _ if line == "--allow-dirty" => setup.allow_dirty = true,
                _ => panic!("{line:?} in {}", case.display()),
            }
        }
        setup
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merges");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// Copies a folder with its links and executable bits.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries.map(Result::unwrap) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&path, &target);
        } else if let Ok(link) = fs::read_link(&path) {
            std::os::unix::fs::symlink(link, target).unwrap();
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn git(root: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(root).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Everything of the owner's: without git's and our own state, and without the answers.
fn tree(root: &Path) -> BTreeMap<String, (Vec<u8>, bool)> {
    use std::os::unix::fs::PermissionsExt;
    let own = |path: &String| !path.starts_with(".git/") && !path.starts_with(".duostack") && path != "duostack.toml";
    let executable = |path: &str| {
        let metadata = root.join(path).symlink_metadata().unwrap();
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    };
    let files = support::snapshot(root).into_iter().filter(|(path, _)| own(path) && !path.ends_with('/'));
    files.map(|(path, bytes)| (path.clone(), (bytes, executable(&path)))).collect()
}

/// The repository as the owner left it: emitted from base, then turned into mine.
fn prepare(world: &World, case: &Path, setup: &Setup) {
    for side in ["base", "theirs"] {
        copy(&case.join(side), &world.path(&format!("{side}/repository")));
    }
    world.write("answers.toml", ANSWERS);
    world.run(["new", "repo", "--answers", "answers.toml", "--templates", "base", "--no-git"]).exits(0);
    let root = world.path("repo");
    for path in tree(&root).keys() {
        fs::remove_file(root.join(path)).unwrap();
    }
    remove_empty_folders(&root);
    copy(&case.join("mine"), &root);
    if setup.git {
        git(&root, &["init", "--quiet"]);
        git(&root, &["add", "--all"]);
        for path in &setup.untracked {
            git(&root, &["rm", "--quiet", "--cached", "--", path]);
        }
        git(&root, &["commit", "--quiet", "--message", "mine"]);
        for path in &setup.uncommitted {
            let before = fs::read_to_string(root.join(path)).unwrap();
            fs::write(root.join(path), format!("uncommitted\n{before}")).unwrap();
        }
    }
}

fn remove_empty_folders(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_dir()) {
        if entry.file_name() != ".duostack" {
            remove_empty_folders(&entry.path());
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Runs an update to the other pack, as a person would see it: stdout, stderr, exit code.
fn update(world: &World, setup: &Setup, dry: bool) -> String {
    let mut command = world.command(["update", "--templates", "../theirs", "--yes"]);
    if setup.allow_dirty {
        command.arg("--allow-dirty");
    }
    if dry {
        command.arg("--dry-run");
    }
    let ran = support::Ran::of(command.current_dir(world.path("repo")));
    // That the packs differ is no news here, and their hashes would be noise.
    let said: String =
        ran.stderr.lines().filter(|line| !line.contains("was rendered with")).map(|line| format!("{line}\n")).collect();
    format!("{}{said}exit {}\n", ran.stdout, ran.code).replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn without_version(tree: &mut BTreeMap<String, (Vec<u8>, bool)>) {
    for (bytes, _) in tree.values_mut() {
        if let Ok(text) = std::str::from_utf8(bytes) {
            *bytes = text.replace(&format!("duostack {}", env!("CARGO_PKG_VERSION")), "duostack VERSION").into_bytes();
        }
    }
}

fn check(case: &Path, bless: bool) -> Result<(), String> {
    let world = World::new();
    let setup = Setup::read(case);
    prepare(&world, case, &setup);
    let root = world.path("repo");
    let before = support::snapshot(&root);
    let dry = update(&world, &setup, true);
    let (after_dry, name) = (support::snapshot(&root), case.file_name().unwrap().to_string_lossy().into_owned());
    if before != after_dry {
        return Err(format!("{name}: a dry run wrote something"));
    }
    let screen = update(&world, &setup, false);
    let mut result = tree(&root);
    without_version(&mut result);
    let refused = screen.ends_with("exit 1\n");
    if refused && support::snapshot(&root) != before {
        return Err(format!("{name}: refused, but something was written"));
    }
    if !refused && !screen.contains("exit 3") {
        let settled = support::snapshot(&root);
        let again = update(&world, &setup, false);
        if !again.contains("Up to date") || settled != support::snapshot(&root) {
            return Err(format!("{name}: a second update is not empty:\n{again}"));
        }
    }
    if exit(&dry) != exit(&screen) || listed(&dry) != listed(&screen) {
        return Err(format!("{name}: the dry run said\n{dry}and the real one\n{screen}"));
    }
    if bless {
        write_expected(case, &result, &screen);
        return Ok(());
    }
    let expected = tree(&case.join("expected"));
    if expected != result {
        return Err(format!("{name}: expected\n{}got\n{}", shown(&expected), shown(&result)));
    }
    let wanted = fs::read_to_string(case.join("screen")).unwrap_or_default();
    if wanted != screen { Err(format!("{name}: the screen was to be\n{wanted}and is\n{screen}")) } else { Ok(()) }
}

fn exit(screen: &str) -> &str {
    screen.lines().last().unwrap()
}

/// The lines that name files.
fn listed(screen: &str) -> Vec<&str> {
    let states = ["created", "merged", "deleted", "conflict", "kept"];
    screen
        .lines()
        .filter(|line| states.iter().any(|state| line.trim_start().starts_with(&format!("{state}  "))))
        .collect()
}

fn shown(tree: &BTreeMap<String, (Vec<u8>, bool)>) -> String {
    let line = |(path, (bytes, executable)): (&String, &(Vec<u8>, bool))| {
        format!("--- {path}{}\n{}\n", if *executable { " (executable)" } else { "" }, String::from_utf8_lossy(bytes))
    };
    tree.iter().map(line).collect()
}

fn write_expected(case: &Path, tree: &BTreeMap<String, (Vec<u8>, bool)>, screen: &str) {
    use std::os::unix::fs::PermissionsExt;
    let _ = fs::remove_dir_all(case.join("expected"));
    for (path, (bytes, executable)) in tree {
        let target = case.join("expected").join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        match std::str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix("→ ")) {
            Some(link) => std::os::unix::fs::symlink(link, target).unwrap(),
            None => {
                fs::write(&target, bytes).unwrap();
                let mode = if *executable { 0o755 } else { 0o644 };
                fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
    }
    fs::write(case.join("screen"), screen).unwrap();
}

#[test]
fn every_case_comes_out_as_its_folder_says() {
    let bless = std::env::var_os("DUOSTACK_BLESS").is_some();
    let cases = cases();
    assert!(cases.len() >= 100);
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case, bless).err()).collect();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
