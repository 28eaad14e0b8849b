//! `duostack update` and `status` against `cp -r` of the repository and `git merge` of the same trees, in one run.
//!
//! The owner edited a tenth of the files and the templates another tenth, half of them the same files.
//! `cargo bench --bench update` prints a Markdown table of CPU times of whole processes.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

mod measure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{cpu, make_pack, sorted};

const ROUNDS: usize = 9;
const LONG_ROUNDS: usize = 5;
const ANSWERS: &str = "[product]\nname = \"Bench\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n";

fn main() {
    println!(
        "| files | `update` ms | `status` ms | `cp -r` ms | `git merge` ms | update ÷ cp | status ÷ cp | update ÷ git |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for files in [100, 1_000, 10_000] {
        measure(files);
    }
}

fn measure(files: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bench = Bench { root: folder.path().to_path_buf() };
    bench.prepare(files);
    let count = if files > 1_000 { LONG_ROUNDS } else { ROUNDS };
    let rounds: Vec<[f64; 4]> = (0..count).map(|_| bench.round()).collect();
    let median = |of: &dyn Fn(&[f64; 4]) -> f64| sorted(rounds.iter().map(of))[count / 2];
    println!(
        "| {files} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} |",
        median(&|round| round[0]),
        median(&|round| round[1]),
        median(&|round| round[2]),
        median(&|round| round[3]),
        median(&|round| round[0] / round[2]),
        median(&|round| round[1] / round[2]),
        median(&|round| round[0] / round[3]),
    );
}

struct Bench {
    root: PathBuf,
}

impl Bench {
    /// `repo`: emitted, edited, committed. `git`: the same three trees as commits.
    fn prepare(&self, files: usize) {
        fs::write(self.root.join("answers.toml"), ANSWERS).expect("answers");
        make_pack(&self.root.join("base"), files, |_, _| {});
        make_pack(&self.root.join("theirs"), files, |index, lines| {
            if index.is_multiple_of(10) {
                lines[30] = "// theirs".to_owned();
            }
        });
        self.duostack(".", &["new", "repo", "--answers", "answers.toml", "--templates", "base", "--no-git", "--quiet"]);
        for area in fs::read_dir(self.root.join("repo/src")).expect("areas") {
            for file in fs::read_dir(area.expect("an area").path()).expect("files") {
                edit(&file.expect("a file").path());
            }
        }
        // Beside the folder, so that `cp -r` copies what duostack works on and not git's objects.
        self.git("repo", &["init", "--quiet", "--separate-git-dir", "../repo.git"]);
        self.commit("repo", "mine");
        self.git(".", &["init", "--quiet", "--initial-branch=base", "git"]);
        for (branch, from, tree) in
            [("base", "base", "base/repository"), ("theirs", "base", "theirs/repository"), ("mine", "base", "repo")]
        {
            if branch != "base" {
                self.git("git", &["checkout", "--quiet", "-b", branch, from]);
            }
            fs::remove_dir_all(self.root.join("git/src")).ok();
            cpu(&self.root, Command::new("cp").args(["-r", &format!("{tree}/src"), "git/src"]));
            self.commit("git", branch);
        }
        cpu(&self.root, Command::new("cp").args(["-a", "repo", "repo.kept"]));
    }

    fn round(&self) -> [f64; 4] {
        let update = self.duostack("repo", &["update", "--templates", "../theirs", "--yes", "--quiet"]);
        fs::remove_dir_all(self.root.join("repo")).expect("the repository");
        cpu(&self.root, Command::new("cp").args(["-a", "repo.kept", "repo"]));
        let status = self.duostack("repo", &["status", "--templates", "../base"]);
        let copy = cpu(&self.root, Command::new("cp").args(["-r", "repo", "copy"]));
        fs::remove_dir_all(self.root.join("copy")).expect("the copy");
        let merge = self.git("git", &["merge", "--quiet", "theirs", "--message", "merge"]);
        self.git("git", &["reset", "--quiet", "--hard", "HEAD~1"]);
        [update, status, copy, merge]
    }

    fn duostack(&self, folder: &str, arguments: &[&str]) -> f64 {
        cpu(&self.root.join(folder), Command::new(env!("CARGO_BIN_EXE_duostack")).args(arguments))
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> f64 {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "gc.auto=0"]).args(arguments);
        cpu(&self.root.join(folder), command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1"))
    }

    fn commit(&self, folder: &str, message: &str) {
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--message", message]);
    }
}

/// A tenth of the files: every twentieth that theirs changes too, and as many that they do not.
fn edit(path: &Path) {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let index: usize = name.trim_start_matches("file-").parse().expect("a number");
    if matches!(index % 20, 0 | 5) {
        let text = fs::read_to_string(path).expect("text");
        fs::write(path, text.replacen("// file", "// mine: file", 1)).expect("an edit");
    }
}
