//! An emitted repository, tried by its own commands.
#![allow(dead_code, missing_docs, reason = "every test file uses its own part of this")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{self, World};
use crate::tools;

/// An emitted example with its own commands run in it.
pub struct Repository {
    world: World,
}

impl Repository {
    pub fn emit(arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        let world = World::new();
        let mut command = world.command(["new", "out"]);
        support::Ran::of(command.args(arguments)).exits(0);
        Self { world }
    }

    /// Runs a command line in the repository without a terminal, and kills it with all its children when it takes too long.
    #[track_caller]
    pub fn runs(&self, line: &str, minutes: u64) {
        self.tries(line, "", minutes).unwrap_or_else(|said| panic!("{said}"));
    }

    /// The same below the root, and what it said when it failed.
    pub fn tries(&self, line: &str, below: &str, minutes: u64) -> Result<String, String> {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(self.path(below));
        run(&mut command, line, Duration::from_secs(minutes * 60))
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.world.path("out").join(below)
    }

    /// Plays a scenario of `tests/e2e` against the repository.
    #[track_caller]
    pub fn plays(&self, scenario: &str, minutes: u64) {
        self.plays_with(scenario, minutes, &[]);
    }

    /// The same with servers of ours, told by the environment.
    #[track_caller]
    pub fn plays_with(&self, scenario: &str, minutes: u64, env: &[(&str, &str)]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e").join(scenario);
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&pictures).unwrap();
        let mut command = Command::new("node");
        command.arg(script).arg(self.world.path("out")).arg(pictures).env("CHROMIUM", tools::chromium());
        command.envs(env.iter().copied());
        command.env("PLAYWRIGHT", tools::playwright().join("node_modules/playwright-core/index.mjs"));
        run(&mut command, scenario, Duration::from_secs(minutes * 60)).unwrap_or_else(|said| panic!("{said}"));
    }

    /// Its own checks left nothing that git would see.
    pub fn is_clean(&self) {
        let output =
            Command::new("git").args(["status", "--porcelain"]).current_dir(self.world.path("out")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "set-up and checks leave the work tree clean");
    }
}

pub fn run(command: &mut Command, line: &str, limit: Duration) -> Result<String, String> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let file = log.reopen().unwrap();
    command
        .env("PATH", tools::path())
        .env("CI", "true")
        .env("OMP_WAIT_POLICY", "passive") // training would burn the other core while it waits
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
        Some(status) if status.success() => Ok(said),
        Some(status) => Err(format!("`{line}` ended with {status}:\n{said}")),
        None => Err(format!("`{line}` took longer than {limit:?}:\n{said}")),
    }
}

fn own_group(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}
