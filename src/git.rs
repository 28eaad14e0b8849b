//! The only caller of git.

#![allow(clippy::disallowed_methods, reason = "the only caller of git")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

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

fn succeeds(folder: &Path, arguments: &[&str]) -> bool {
    run(folder, arguments).is_some_and(|output| output.status.success())
}

/// Runs git in a folder, whatever repository the caller's environment points to.
fn run(folder: &Path, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("git");
    for variable in
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"]
    {
        command.env_remove(variable);
    }
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).output().ok()
}
