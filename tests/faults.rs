//! A write that is killed at any of its steps leaves the old tree or the new one, and the next run tidies up.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]
#![cfg(unix)]

mod support;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use duostack::disk::Access;
use duostack::disk::transaction::{Change, recover, write};
use duostack::failure::Failure;
use duostack::processes::Stop;
use duostack::tree::Content;
use support::World;

type Snapshot = BTreeMap<String, Vec<u8>>;

fn text(text: &str) -> Content {
    Content::Bytes(Cow::Owned(text.as_bytes().to_vec()))
}

/// One of each kind: overwritten, new, new in a new folder, deleted with its folder, file to folder, folder to
/// file, link, executable bit, and something of our own state.
fn changes() -> Vec<Change> {
    let change = |path: &str, old: Option<&str>, new: Option<(&str, Access)>| Change {
        path: path.to_owned(),
        old: old.map(text),
        new: new.map(|(new, access)| (text(new), access)),
    };
    let mut changes = vec![
        change("a.txt", Some("old a\n"), Some(("new a\n", Access::Plain))),
        change("new.txt", None, Some(("new\n", Access::Plain))),
        change("deep/er/new.txt", None, Some(("deep\n", Access::Plain))),
        change("gone/away.txt", Some("away\n"), None),
        change("file", Some("file\n"), None),
        change("file/inside.txt", None, Some(("inside\n", Access::Plain))),
        change("folder/inside.txt", Some("inside\n"), None),
        change("folder", None, Some(("folder\n", Access::Plain))),
        change("run.sh", Some("#!/bin/sh\n"), Some(("#!/bin/sh\n", Access::Executable))),
        change(".duostack/manifest.json", Some("{}"), Some(("{\"new\":1}", Access::Plain))),
    ];
    changes.push(Change {
        path: "link".to_owned(),
        old: Some(Content::Link("a.txt".to_owned())),
        new: Some((Content::Link("new.txt".to_owned()), Access::Plain)),
    });
    changes
}

fn old_tree(world: &World) {
    world
        .write("a.txt", "old a\n")
        .write("gone/away.txt", "away\n")
        .write("file", "file\n")
        .write("folder/inside.txt", "inside\n")
        .write("run.sh", "#!/bin/sh\n")
        .write("own.txt", "untouched\n")
        .write(".duostack/manifest.json", "{}");
    std::os::unix::fs::symlink("a.txt", world.path("link")).unwrap();
}

fn without_folders(root: &Path) -> Snapshot {
    support::snapshot(root).into_iter().filter(|(path, _)| !path.ends_with('/')).collect()
}

fn new_tree() -> Snapshot {
    let world = World::new();
    old_tree(&world);
    write(&world.root(), &changes(), &Stop::default(), &mut |_| {}).unwrap();
    without_folders(&world.root())
}

/// The child that [`killed_at_any_step`] starts: ends itself as a signal would, at one step.
#[test]
#[ignore = "only as a child of the test below"]
fn child_that_is_killed() {
    let (Ok(root), Ok(step)) = (std::env::var("FAULT_ROOT"), std::env::var("FAULT_STEP")) else { return };
    let step: usize = step.parse().unwrap();
    let mut count = 0;
    let ended = write(Path::new(&root), &changes(), &Stop::default(), &mut |_| {
        if count == step {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), nix::sys::signal::Signal::SIGKILL);
        }
        count += 1;
    });
    assert!(ended.is_ok());
}

#[test]
fn killed_at_any_step() {
    let new = new_tree();
    let (mut old_seen, mut new_seen) = (0, 0);
    for step in 0.. {
        let world = World::new();
        old_tree(&world);
        let old = support::snapshot(&world.root());
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["child_that_is_killed", "--exact", "--ignored", "--quiet"])
            .envs([("FAULT_ROOT", world.root().to_str().unwrap()), ("FAULT_STEP", &step.to_string())])
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        recover(&world.root()).unwrap();
        assert!(!recover(&world.root()).unwrap(), "step {step}: nothing is left to recover");
        let after = support::snapshot(&world.root());
        if after == old {
            old_seen += 1;
        } else {
            assert_eq!(without_folders(&world.root()), new, "step {step}: neither old nor new");
            new_seen += 1;
        }
        if status.success() {
            assert!(step > 30, "{step} steps");
            break;
        }
    }
    assert!(old_seen > 20 && new_seen > 0, "{old_seen} {new_seen}");
}

#[test]
fn a_failure_at_any_swap_puts_everything_back() {
    let world = World::new();
    old_tree(&world);
    // A folder with something in it stands where a file shall be swapped in, and nobody saw it come.
    let before = support::snapshot(&world.root());
    let mut swaps = 0;
    let failure = write(&world.root(), &changes(), &Stop::default(), &mut |step| {
        if step == "swap a file" {
            swaps += 1;
            if swaps == 5 {
                fs::create_dir_all(world.path("new.txt/taken")).unwrap();
            }
        }
    })
    .unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.contains("put back")), "{failure} {:?}", failure.hints);
    fs::remove_dir_all(world.path("new.txt")).unwrap();
    assert!(support::snapshot(&world.root()) == before);
}

#[test]
fn what_changed_since_it_was_read_is_refused() {
    let world = World::new();
    old_tree(&world);
    world.write("a.txt", "edited meanwhile\n");
    let before = support::snapshot(&world.root());
    let failure = write(&world.root(), &changes(), &Stop::default(), &mut |_| {}).unwrap_err();
    assert!(failure.to_string().contains("a.txt changed while"), "{failure}");
    assert!(support::snapshot(&world.root()) == before);
}

#[test]
fn edits_made_after_the_kill_are_kept() {
    let world = World::new();
    old_tree(&world);
    let mut count = 0;
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        write(&world.root(), &changes(), &Stop::default(), &mut |step| {
            count += usize::from(step == "end the journal");
            assert!(count == 0, "as if killed");
        })
    }));
    assert!(stopped.is_err());
    world.write("a.txt", "edited by hand\n");
    assert!(recover(&world.root()).unwrap());
    assert_eq!(fs::read_to_string(world.path("a.txt")).unwrap(), "edited by hand\n");
    assert_eq!(fs::read_to_string(world.path("gone/away.txt")).unwrap(), "away\n");
    assert!(!world.path("new.txt").exists());
}

#[test]
fn a_second_writer_waits_outside() {
    let world = World::new();
    old_tree(&world);
    let mut inner: Option<Failure> = None;
    write(&world.root(), &changes(), &Stop::default(), &mut |step| {
        if step == "write the journal" {
            inner = recover(&world.root()).err();
        }
    })
    .unwrap();
    assert!(inner.unwrap().to_string().contains("another duostack is at work"));
}

/// The whole program, killed at moments of its own.
#[test]
fn an_update_that_is_killed_is_old_or_new() {
    let world = World::new();
    world.run(["new", "repo", "--example", "parley"]).exits(0);
    let update = || {
        let mut command = world.command(["update", "--set", "options.ci=gitlab", "--set", "options.license=mit"]);
        command.current_dir(world.path("repo"));
        command
    };
    let old = without_git(&world.path("repo"));
    let start = std::time::Instant::now();
    assert!(update().output().unwrap().status.success());
    let whole = start.elapsed();
    let new = without_git(&world.path("repo"));
    assert!(old != new);
    for part in 0..40_u32 {
        let again = World::new();
        again.run(["new", "repo", "--example", "parley"]).exits(0);
        let mut child = update()
            .current_dir(again.path("repo"))
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * part / 36);
        let _ = child.kill();
        child.wait().unwrap();
        let mut status = again.command(["status"]);
        support::Ran::of(status.current_dir(again.path("repo"))).exits(0);
        let after = without_git(&again.path("repo"));
        assert!(after == old || after == new, "killed after {part}/36 of {whole:?}");
    }
}

fn without_git(root: &Path) -> Snapshot {
    let own = |path: &String| !path.starts_with(".git/") && path != ".env" && !path.ends_with('/');
    support::snapshot(root).into_iter().filter(|(path, _)| own(path)).collect()
}
