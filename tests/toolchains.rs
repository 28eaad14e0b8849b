//! The toolchain tier: each example really set up, checked, started, used, killed and revived, seen in a browser.
//! `cargo test --test toolchains -- --include-ignored`

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

mod support;
#[path = "support/tools.rs"]
mod tools;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::World;

/// An emitted example with its own commands run in it.
struct Repository {
    world: World,
}

impl Repository {
    fn emit<const N: usize>(arguments: [&str; N]) -> Self {
        let world = World::new();
        let mut command = world.command(["new", "out"]);
        support::Ran::of(command.args(arguments)).exits(0);
        Self { world }
    }

    /// Runs a command line in the repository without a terminal, and kills it with all its children when it takes too long.
    #[track_caller]
    fn runs(&self, line: &str, minutes: u64) {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.world.path("out"));
        run(&mut command, line, Duration::from_secs(minutes * 60));
    }

    /// Plays a scenario of `tests/e2e` against the repository.
    #[track_caller]
    fn plays(&self, scenario: &str, minutes: u64) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e").join(scenario);
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&pictures).unwrap();
        let mut command = Command::new("node");
        command.arg(script).arg(self.world.path("out")).arg(pictures).env("CHROMIUM", tools::chromium());
        command.env("PLAYWRIGHT", tools::playwright().join("node_modules/playwright-core/index.mjs"));
        run(&mut command, scenario, Duration::from_secs(minutes * 60));
    }

    /// Its own checks left nothing that git would see.
    fn is_clean(&self) {
        let output =
            Command::new("git").args(["status", "--porcelain"]).current_dir(self.world.path("out")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "set-up and checks leave the work tree clean");
    }
}

#[track_caller]
fn run(command: &mut Command, line: &str, limit: Duration) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.reopen().unwrap();
    command
        .env("PATH", tools::path())
        .env("CI", "true")
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file);
    let mut child = own_group(command).spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
    let started = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if started.elapsed() > limit => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if status.is_none() {
        let _ = Command::new("kill").args(["-KILL", &format!("-{}", child.id())]).status();
        let _ = child.wait();
    }
    let said = std::fs::read_to_string(log.path()).unwrap();
    match status {
        Some(status) => assert!(status.success(), "`{line}` ended with {status}:\n{said}"),
        None => panic!("`{line}` took longer than {limit:?}:\n{said}"),
    }
}

fn own_group(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn pulse_lives_through_the_death_of_either_language() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.runs("npm run check", 10);
    repository.is_clean();
    repository.plays("pulse.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn parley_talks_and_comes_back() {
    let repository = Repository::emit(["--example", "parley"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run check", 10);
    repository.is_clean();
    repository.plays("parley.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn foresight_scores_and_refuses() {
    let repository = Repository::emit(["--example", "foresight"]);
    repository.runs("python3 tasks.py setup", 10);
    repository.runs("python3 tasks.py check", 10);
    repository.is_clean();
    repository.plays("foresight.mjs", 5);
}
