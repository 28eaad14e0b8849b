//! What breaks those who keep to the contract is told apart from what does not, by the emitted command alone.
//! `cargo test --test changes -- --include-ignored --nocapture` prints the figures.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/changes.rs"]
mod changes;
#[path = "support/emitted.rs"]
mod emitted;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use changes::{Change, Verdict, is_document};
use emitted::Repository;
use support::{Ran, World, snapshot};

/// Pulse with its packages, the release committed and tagged.
fn released() -> (Repository, Vec<Change>) {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    let (release, changes) = changes::judged();
    let mut contract = read(&repository);
    release.apply(&mut contract);
    fs::write(repository.path("contract").join(&release.file), &contract[&release.file]).unwrap();
    commit(&repository);
    repository.runs("git tag v1", 1);
    (repository, changes)
}

fn commit(repository: &Repository) {
    repository.runs("git -c user.name=Ada -c user.email=ada@example.org commit --quiet --all --message Release", 1);
}

/// The files below contract/ that the comparison reads, and itself.
fn read(repository: &Repository) -> BTreeMap<String, String> {
    let mut files = snapshot(&repository.path("contract"));
    files.retain(|path, _| path.ends_with(".yaml") || path == "compare.ts");
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// The comparison's own; git does not see it.
const TEMPORARY: &str = "node_modules/.tmp";

/// Compares as `npm run compare` would, but for npm's own time.
fn compare(folder: &Path, repository: &Repository, words: &[&str]) -> Ran {
    let own = std::env::split_paths(tools::path());
    let path = std::env::join_paths([repository.path("node_modules/.bin")].into_iter().chain(own)).unwrap();
    let temporary = repository.path(TEMPORARY);
    fs::create_dir_all(&temporary).unwrap();
    let mut command = Command::new("node");
    command.arg("contract/compare.ts").args(words).current_dir(folder);
    Ran::of(command.env("PATH", path).env("TMPDIR", temporary))
}

/// An archive of these documents alone: where the others did not change, they need no look.
fn archive(repository: &Repository, documents: &[String]) -> PathBuf {
    let path = repository.path(&format!("node_modules/{}.tar", documents.join("+").replace('/', "-")));
    if !path.exists() {
        let files: Vec<_> = documents.iter().map(|document| format!("contract/{document}")).collect();
        let beside = repository.path(&format!("node_modules/{:?}.tar", std::thread::current().id()));
        repository
            .runs(&format!("git archive --output {} v1 contract/schemas {}", beside.display(), files.join(" ")), 1);
        fs::rename(beside, &path).unwrap();
    }
    path
}

fn verdict(said: &Ran) -> Option<Verdict> {
    let tells = |verdict: &str| said.stdout.lines().any(|line| line.starts_with(&format!("{verdict}: ")));
    match (said.code, tells("breaking"), tells("judgement")) {
        (1, true, _) => Some(Verdict::Breaking),
        (0, false, true) => Some(Verdict::Judgement),
        (0, false, false) if said.stdout == "Nothing breaks those who kept to the contract of v1.\n" => {
            Some(Verdict::Safe)
        }
        _ => None,
    }
}

#[test]
fn every_judged_change_has_its_place() {
    let mut contract = snapshot(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pulse/tree/contract"));
    contract.retain(|path, _| path.ends_with(".yaml"));
    let contract = contract.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()));
    let mut contract: BTreeMap<_, _> = contract.collect();
    let (release, changes) = changes::judged();
    release.apply(&mut contract);
    for change in changes {
        change.apply(&mut contract.clone());
    }
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn every_judged_change_gets_its_verdict() {
    let (repository, changes) = released();
    assert!(changes.len() >= 70);
    let contract = read(&repository);
    let queue = Mutex::new(changes.iter());
    let judge = |change: &Change| {
        let (mut files, touches, world) = (contract.clone(), change.touches(&contract), World::new());
        change.apply(&mut files);
        files.retain(|path, _| !is_document(path) || touches.contains(path));
        for (path, text) in &files {
            world.write(&format!("contract/{path}"), text);
        }
        let base = archive(&repository, &touches);
        let base = base.to_str().unwrap();
        let mut said = compare(&world.root(), &repository, &[base]);
        said.stdout = said.stdout.replace(base, "v1");
        said
    };
    let work = || {
        let mut judged = Vec::new();
        while let Some(change) = { queue.lock().unwrap().next() } {
            judged.push((change, judge(change)));
        }
        judged
    };
    let judged = std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut judged = work();
        judged.extend(other.join().unwrap());
        judged
    });
    let mut counts: BTreeMap<Verdict, (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (change, said) in &judged {
        // What cannot be decided fails too, until somebody says that it is meant.
        let expected = if change.verdict == Verdict::Undecided { Verdict::Breaking } else { change.verdict };
        let right = verdict(said) == Some(expected);
        let (rights, all) = counts.entry(change.verdict).or_default();
        (*rights, *all) = (*rights + usize::from(right), *all + 1);
        if !right {
            wrong.push(format!("{:?}: {}\n{}{}", change.verdict, change.name, said.stdout, said.stderr));
        }
    }
    for (verdict, words) in [
        (Verdict::Breaking, "breaking, caught"),
        (Verdict::Judgement, "a matter of judgement, said and let through"),
        (Verdict::Undecided, "safe to a reader only: fails, and asks for a reason"),
        (Verdict::Safe, "safe, silent"),
    ] {
        println!("{:>3} of {:>3} {words}", counts[&verdict].0, counts[&verdict].1);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn what_is_meant_is_recorded_with_its_reason() {
    let (repository, _) = released();
    let root = repository.path("");
    let say = |words: &[&str]| compare(&root, &repository, words);
    say(&[]).exits(0).prints("Nothing breaks those who kept to the contract of v1.");
    repository.runs("git archive --output node_modules/base.tar v1 contract", 1);
    let schema = repository.path("contract/schemas/scoring.yaml");
    let text = fs::read_to_string(&schema).unwrap();
    fs::write(&schema, text.replace("maximum: 23", "maximum: 22").replace("maxItems: 1000", "maxItems: 100")).unwrap();

    // The last tag, a commit, and an archive: the same; and the place is where an editor finds it.
    let line = text.lines().position(|line| line.contains("maximum: 23")).unwrap() + 1;
    let place = format!("at   contract/schemas/scoring.yaml:{line} #/$defs/Features/properties/hour/maximum");
    for words in [&[][..], &["HEAD"], &["node_modules/base.tar"]] {
        let said = say(words).exits(1).prints("breaking: schema-constraint-changed").prints("2 of these break");
        said.prints(&place).prints("old  23").prints("new  22");
    }
    let left: Vec<_> =
        snapshot(&repository.path(TEMPORARY)).into_keys().filter(|path| path.starts_with("contract-")).collect();
    assert!(left.is_empty(), "{left:?}");

    repository.runs("npm run compare -- --accept=Nobody_counts_so_far", 1);
    let noted = fs::read_to_string(repository.path("contract/meant.json")).unwrap();
    assert_eq!(noted.matches("\"reason\": \"Nobody_counts_so_far\"").count(), 2, "{noted}");
    say(&[]).exits(0).prints("meant: schema-constraint-changed").prints("why  Nobody_counts_so_far");
    repository.runs("node_modules/.bin/biome ci contract", 1);

    // What is meant covers that change alone.
    fs::write(&schema, text.replace("maximum: 23", "maximum: 21")).unwrap();
    say(&[]).exits(1).prints("new  21");
    repository.runs("git checkout --quiet -- contract", 1);
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn what_cannot_be_compared_is_said_in_one_line() {
    let (repository, _) = released();
    let root = repository.path("");
    let fails = |words: &[&str], says: &str| {
        let said = compare(&root, &repository, words).exits(2).says(says);
        assert!(said.stderr.lines().count() <= 2, "{}", said.stderr);
    };
    fails(&["v7"], "error: there is no contract in v7\nhint: say a tag");
    fails(&["none.tar"], "error: there is no contract in none.tar\nhint: say a tag");
    fails(&["--refuse"], "error: Unknown option '--refuse'");
    fs::write(repository.path("contract/openapi/scoring.yaml"), "openapi: 3.1.1\n paths: {}\n").unwrap();
    fails(&[], "contract/openapi/scoring.yaml\" (2:7)");
    fs::remove_file(repository.path("node_modules/.bin/redocly")).unwrap();
    fails(&[], "error: redocly is not installed\nhint: npm ci");
    repository.runs("git tag --delete v1", 1);
    compare(&root, &repository, &[]).exits(0).prints("There is no release yet");
}

/// Foresight has no package.json.
#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn python_alone_compares_when_node_is_there() {
    let repository = Repository::emit(["--example", "foresight"]);
    repository.runs("git tag v1", 1);
    repository.runs("python3 tasks.py compare", 3);
    let schema = repository.path("contract/schemas/scoring.yaml");
    let text = fs::read_to_string(&schema).unwrap();
    fs::write(&schema, text.replace("maxItems: 1000", "maxItems: 100")).unwrap();
    let said = repository.tries("python3 tasks.py compare v1", "", 3).unwrap_err();
    assert!(said.contains("new  100") && said.contains("python tasks.py compare --accept"), "{said}");
    repository.runs("python3 tasks.py compare --accept=Meant", 3);
    repository.runs("python3 tasks.py compare", 3);

    let path = Ran::of(Command::new("python3").args(["-c", "import sys; print(sys.executable)"])).exits(0).stdout;
    let mut command = Command::new(path.trim());
    let said = Ran::of(command.args(["tasks.py", "compare"]).current_dir(repository.path("")).env("PATH", "")).exits(1);
    said.says("error: Node 22.18 or later is missing").says("hint: install it");
}

#[test]
fn both_languages_compare_with_one_version() {
    let version = |text: &str, after: &str| text.split(after).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let node = include_str!("../templates/repository+node/package.json.hbs");
    let python = include_str!("../templates/repository+python/tasks.py");
    assert_eq!(version(node, "\"@redocly/cli\": \""), version(python, "\"@redocly/cli@"));
}
