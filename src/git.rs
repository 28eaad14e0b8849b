//! The only caller of git.

#![allow(clippy::disallowed_methods, reason = "the only caller of git")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::failure::{Failure, Outcome};

/// What became of the first commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstCommit {
    /// Made, with the owner's identity.
    Made,
    /// Not made, and why, with the way to it.
    Skipped(String),
}

/// Whether a folder (or the nearest one above it that exists) lies inside a work tree.
pub fn is_inside_repository(folder: &Path) -> bool {
    let Some(existing) = folder.ancestors().find(|path| path.is_dir()) else { return false };
    run(existing, &["rev-parse", "--is-inside-work-tree"])
        .is_some_and(|output| output.status.success() && output.stdout.starts_with(b"true"))
}

/// Whether git can be run at all.
pub fn is_there() -> bool {
    run(Path::new("."), &["--version"]).is_some_and(|output| output.status.success())
}

/// Makes a repository in a folder and commits everything that is not ignored.
/// Runs no hook and asks for no signature, so that nothing of the user's set-up can stop or change it.
pub fn first_commit(folder: &Path, message: &str) -> FirstCommit {
    let skipped = |why: &str, way_out: &str| FirstCommit::Skipped(format!("{why}; {way_out}"));
    if !succeeds(folder, &["-c", "init.templateDir=", "init", "--quiet", "--initial-branch=main"]) {
        return skipped("git could not make a repository", "run `git init` in the new folder to see why");
    }
    if !succeeds(folder, &["-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]) {
        return skipped(
            "git does not know who you are, so there is no first commit yet",
            "set user.name and user.email with `git config --global`, then `git add . && git commit`",
        );
    }
    let commit = [
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.autocrlf=false",
        "-c",
        "commit.gpgSign=false",
        "commit",
        "--quiet",
        "--no-verify",
        "--message",
        message,
    ];
    let done = succeeds(folder, &["-c", "core.autocrlf=false", "-c", "core.safecrlf=false", "add", "--all"])
        && succeeds(folder, &commit);
    match done {
        true => FirstCommit::Made,
        false => skipped("git refused the first commit", "run `git add . && git commit` in the new folder to see why"),
    }
}

/// A folder inside a work tree of git's. Every answer takes one process, runs no hook and writes nothing.
#[derive(Clone, Debug)]
pub struct WorkTree {
    folder: PathBuf,
    /// The folder as git's root sees it: empty, or ending in a slash.
    prefix: String,
}

impl WorkTree {
    /// The work tree around a folder, when there is git and one.
    pub fn around(folder: &Path) -> Option<Self> {
        let output = run(folder, &["rev-parse", "--is-inside-work-tree", "--show-prefix"])?;
        let said = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
        let prefix = said.strip_prefix("true\n")?.trim_end_matches('\n').to_owned();
        Some(Self { folder: folder.to_path_buf(), prefix })
    }

    /// Paths below the folder that git would lose: changed, or staged, since the last commit.
    ///
    /// # Errors
    /// git could not say.
    pub fn uncommitted(&self) -> Outcome<Vec<String>> {
        let listed = self.ask(
            &[
                "status",
                "--porcelain=v1",
                "-z",
                "--no-renames",
                "--untracked-files=no",
                "--ignore-submodules=all",
                "--",
                ".",
            ],
            "",
        )?;
        let below = |line: &str| line.get(3..).map(|path| path.strip_prefix(&self.prefix).unwrap_or(path).to_owned());
        Ok(listed.split('\0').filter_map(below).collect())
    }

    /// Paths in the index, from the folder.
    ///
    /// # Errors
    /// git could not say.
    pub fn tracked(&self) -> Outcome<BTreeSet<String>> {
        Ok(lines(&self.ask(&["ls-files", "-z", "--", "."], "")?))
    }

    /// Paths that are neither in the index nor ignored, from the folder.
    ///
    /// # Errors
    /// git could not say.
    pub fn untracked(&self) -> Outcome<BTreeSet<String>> {
        Ok(lines(&self.ask(&["ls-files", "-z", "--others", "--exclude-standard", "--", "."], "")?))
    }

    /// Those of the given paths that a `.gitignore` names.
    ///
    /// # Errors
    /// git could not say.
    pub fn ignored(&self, paths: &BTreeSet<String>) -> Outcome<BTreeSet<String>> {
        if paths.is_empty() {
            return Ok(BTreeSet::new());
        }
        let asked: String = paths.iter().map(|path| format!("./{path}\0")).collect();
        let said = self.ask(&["check-ignore", "-z", "--stdin"], &asked)?;
        Ok(said.split_terminator('\0').map(|path| path.strip_prefix("./").unwrap_or(path).to_owned()).collect())
    }

    fn ask(&self, arguments: &[&str], input: &str) -> Outcome<String> {
        let options = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"];
        let arguments = [&options, arguments].concat();
        let failed = |why: &str| Failure::refused(format!("git could not tell what it keeps here: {why}"));
        let output = run_with(&self.folder, &arguments, input).ok_or_else(|| failed("it could not be run"))?;
        // `check-ignore` ends with 1 when nothing is ignored.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(
                failed(String::from_utf8_lossy(&output.stderr).trim()).hint("run `git status` here to see more")
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn lines(text: &str) -> BTreeSet<String> {
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn succeeds(folder: &Path, arguments: &[&str]) -> bool {
    run(folder, arguments).is_some_and(|output| output.status.success())
}

fn run(folder: &Path, arguments: &[&str]) -> Option<Output> {
    run_with(folder, arguments, "")
}

/// Runs git in a folder, whatever repository the caller's environment points to.
fn run_with(folder: &Path, arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new("git");
    for variable in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"]
    {
        command.env_remove(variable);
    }
    command.current_dir(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    if input.is_empty() {
        return command.stdin(Stdio::null()).output().ok();
    }
    let mut child = command.stdin(Stdio::piped()).spawn().ok()?;
    let (mut pipe, input) = (child.stdin.take()?, input.to_owned());
    // Written from beside, so that neither waits for the other's full pipe.
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().ok();
    let _ = writer.join();
    output
}
