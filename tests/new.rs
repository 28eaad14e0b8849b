//! `duostack new` as a process: what it writes, what it refuses, and that a refusal writes nothing.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

mod support;

use std::fs;

use support::World;

const ANSWERS: &str = "schema = 1\n[product]\nname = \"Šárka's Café\"\n\n# the hall\n[[parts]]\nname = \"hall\" # where people talk\nworkload = \"chat\"\n";

#[test]
fn emits_the_repository_its_answers_and_its_base() {
    let world = World::new();
    world.write("answers.toml", ANSWERS);
    world.run(["new", "--answers", "answers.toml"]).exits(0).says("Emitted").says("Committed");
    let root = world.path("sarka-s-cafe");
    let answers = fs::read_to_string(root.join("duostack.toml")).unwrap();
    assert!(answers.contains("# the hall") && answers.contains("# where people talk"), "{answers}");
    assert!(answers.contains("[decision]\nshape = \"node\""), "{answers}");
    assert!(root.join(".duostack/manifest.json").is_file());
    assert!(root.join("README.md").is_file());
    let left = fs::read_dir(world.root())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".duostack"))
        .count();
    assert_eq!(left, 0, "the stage is gone");
}

#[test]
fn the_base_holds_every_emitted_byte_under_its_hash() {
    let world = World::new();
    world.run(["new", "out", "--example", "pulse", "--no-git"]).exits(0);
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(world.path("out/.duostack/manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(files.len() > 20);
    for file in files {
        let (path, hash) = (file["path"].as_str().unwrap(), file["hash"].as_str().unwrap());
        let blob = fs::read(world.path(&format!("out/.duostack/base/{}/{}", &hash[..2], &hash[2..]))).unwrap();
        assert_eq!(blob, fs::read(world.path(&format!("out/{path}"))).unwrap(), "{path}");
    }
}

#[test]
fn the_same_answers_give_the_same_bytes_but_for_secrets() {
    let world = World::new();
    world.run(["new", "one", "--example", "pulse", "--no-git"]).exits(0);
    world.run(["new", "two", "--example", "pulse", "--no-git"]).exits(0);
    let (mut one, mut two) = (support::snapshot(&world.path("one")), support::snapshot(&world.path("two")));
    let (secret, other) = (one.remove(".env").unwrap(), two.remove(".env").unwrap());
    assert!(one == two);
    assert_ne!(secret, other, "secrets are made anew");
    let example = String::from_utf8(one[".env.example"].clone()).unwrap();
    assert!(example.contains("=generate-me") && !String::from_utf8(secret).unwrap().contains("generate-me"));
}

#[test]
fn the_first_commit_is_the_owners_and_holds_no_secret() {
    let world = World::new();
    world.run(["new", "out", "--example", "pulse"]).exits(0);
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").current_dir(world.path("out")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(git(&["log", "--format=%an <%ae> %s"]), "Ada <ada@example.org> Start from duostack\n");
    assert_eq!(git(&["status", "--porcelain"]), "", "nothing is left uncommitted");
    let tracked = git(&["ls-files"]);
    assert!(tracked.lines().any(|path| path == "duostack.toml"));
    assert!(!tracked.lines().any(|path| path == ".env"));
    assert!(world.path("out/.env").is_file());
}

#[test]
fn without_an_identity_the_commit_is_skipped_with_a_note() {
    let world = World::new();
    let mut command = world.command(["new", "out", "--example", "parley"]);
    for variable in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"] {
        command.env_remove(variable);
    }
    support::Ran::of(&mut command).exits(0).says("note: git does not know who you are");
    assert!(world.path("out/.git").is_dir());
}

#[test]
fn inside_a_repository_or_without_git_no_repository_is_made() {
    let world = World::new();
    world.run(["new", "outer", "--example", "parley"]).exits(0);
    world.run(["new", "outer/inner", "--example", "parley"]).exits(0).says("inside a git repository already");
    assert!(!world.path("outer/inner/.git").exists());
    support::Ran::of(world.command(["new", "bare", "--example", "parley"]).env("PATH", "/nonexistent"))
        .exits(0)
        .says("git is not installed");
    world.run(["new", "plain", "--example", "parley", "--no-git"]).exits(0);
    assert!(!world.path("plain/.git").exists());
    world.run(["new", "outer/own", "--example", "parley", "--git"]).exits(0).says("Committed");
    assert!(world.path("outer/own/.git").is_dir());
}

#[test]
fn hooks_signing_and_templates_of_the_user_change_nothing() {
    let world = World::new();
    world
        .write("hooks/pre-commit", "#!/bin/sh\nexit 1\n")
        .write("skeleton/hooks/post-commit", "#!/bin/sh\ntouch \"$OLDPWD/ran\"\n");
    let config = format!(
        "[core]\nhooksPath = {0}/hooks\nautocrlf = true\n[commit]\ngpgSign = true\n[init]\ntemplateDir = {0}/skeleton\ndefaultBranch = trunk\n",
        world.root().display()
    );
    world.write("config", config);
    let mut command = world.command(["new", "out", "--example", "parley"]);
    support::Ran::of(command.env("GIT_CONFIG_GLOBAL", world.path("config"))).exits(0).says("Committed");
}

#[test]
fn an_empty_folder_is_filled_and_a_missing_parent_made() {
    let world = World::new();
    fs::create_dir(world.path("empty")).unwrap();
    world.run(["new", "empty", "--example", "parley"]).exits(0);
    assert!(world.path("empty/duostack.toml").is_file());
    world.run(["new", "a/b/c", "--example", "parley"]).exits(0);
    assert!(world.path("a/b/c/duostack.toml").is_file());
}

#[test]
fn json_lists_every_file_with_layer_and_state() {
    let world = World::new();
    let report = world.run(["new", "out", "--example", "pulse", "--json", "--no-git"]).exits(0).json();
    let files = report["files"].as_array().unwrap();
    assert!(
        files
            .iter()
            .any(|file| file["path"] == "README.md" && file["layer"] == "repository" && file["state"] == "created")
    );
    assert_eq!(report["shape"], "both");
    for file in files {
        assert!(world.path(&format!("out/{}", file["path"].as_str().unwrap())).exists());
    }
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let world = World::new();
    let dry = world.run(["new", "out", "--example", "pulse", "--json", "--dry-run"]).exits(0).json();
    assert!(world.snapshot().is_empty());
    let wet = world.run(["new", "out", "--example", "pulse", "--json"]).exits(0).json();
    assert_eq!(dry["files"], wet["files"]);
    let list = world.run(["new", "other", "--example", "pulse", "--dry-run"]).exits(0).says("Would emit").stdout;
    assert_eq!(list.lines().count(), wet["files"].as_array().unwrap().len());
}

#[test]
fn later_answers_win() {
    let world = World::new();
    world.write("answers.toml", "schema = 1\n[load]\nconnections = \"hundreds\"\n");
    world
        .run([
            "new",
            "out",
            "--example",
            "parley",
            "--answers",
            "answers.toml",
            "--set",
            "product.name=Salon",
            "--no-git",
        ])
        .exits(0);
    let answers = fs::read_to_string(world.path("out/duostack.toml")).unwrap();
    assert!(answers.contains("name = \"Salon\"") && answers.contains("connections = \"hundreds\""), "{answers}");
}

#[test]
fn emitting_again_over_an_emitted_repository_points_to_update() {
    let world = World::new();
    world.run(["new", "out", "--example", "parley"]).exits(0);
    let before = world.snapshot();
    world.run(["new", "out", "--example", "parley"]).exits(1).says("duostack update");
    assert!(before == world.snapshot());
}

#[cfg(unix)]
#[test]
fn targets_in_the_way_are_refused_and_untouched() {
    let world = World::new();
    world.write("full/mine.txt", "mine").write("file", "mine");
    fs::create_dir(world.path("real")).unwrap();
    std::os::unix::fs::symlink("real", world.path("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", world.path("dangling")).unwrap();
    let before = world.snapshot();
    for (target, reason) in [
        ("full", "is not empty"),
        ("file", "is a file"),
        ("file/below", "is a file"),
        ("link", "is a link"),
        ("link/below", "is a link"),
        ("dangling", "is a link"),
        ("/", "root of the file system"),
        ("/proc/nothing", "cannot"),
        (&"n".repeat(300), "cannot"),
    ] {
        let ran = world.run(["new", target, "--example", "parley"]).exits(1).says(reason).says("hint: ");
        assert_eq!(ran.stdout, "");
        assert!(before == world.snapshot(), "{target}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_refused_and_left_as_it_was() {
    let world = World::new();
    fs::create_dir(world.path("small")).unwrap();
    let small = world.path("small");
    // A user namespace lets this run without root where the kernel allows it.
    let script = format!(
        "mount -t tmpfs -o size=64k tmpfs {0} && cd {0} && {1} new out --example pulse --no-git; code=$?; ls -A {0}; exit $code",
        small.display(),
        env!("CARGO_BIN_EXE_duostack")
    );
    let probe = std::process::Command::new("unshare").args(["-rm", "true"]).status();
    if !probe.is_ok_and(|status| status.success()) {
        eprintln!("no user namespaces here: skipped");
        return;
    }
    let ran = support::Ran::of(std::process::Command::new("unshare").args(["-rm", "sh", "-c", &script])).exits(1);
    assert!(ran.stderr.contains("free some space"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "", "nothing is left behind");
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_writing_leaves_nothing_behind() {
    let world = World::new();
    for file in 0..4_000 {
        world.write(&format!("pack/repository/{}/{file}.txt", file / 50), "text");
    }
    let before = world.snapshot();
    let arguments = ["new", "out", "--example", "parley", "--no-git", "--templates", "pack"];
    let mut child = world.command(arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
    let staged = || {
        std::fs::read_dir(world.root())
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with(".duostack-"))
    };
    while !staged() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
    }
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(world.snapshot() == before, "nothing is left behind");
}
