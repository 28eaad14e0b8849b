//! The pipeline of an emitted data service against bare DuckDB on the same files, at 1, 10 and 50 million events.
//!
//! `cargo bench --bench pipeline` emits and sets up a repository, and prints the Markdown table of `pipeline.py`.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

use std::path::Path;
use std::process::Command;

const ROUNDS: &str = "5";
const MILLIONS: [&str; 3] = ["1", "10", "50"];

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let answers = root.join("tests/e2e/data-alone.toml");
    let mut emit = Command::new(env!("CARGO_BIN_EXE_duostack"));
    run(emit.arg("new").arg(&out).arg("--answers").arg(answers).args(["--yes", "--no-git", "--quiet"]));
    run(Command::new("python3").args(["tasks.py", "setup"]).current_dir(&out));
    let service = out.join("services/data");
    let mut bench = Command::new(service.join(".venv/bin/python"));
    run(bench.arg(root.join("tests/bench/pipeline.py")).arg(&service).arg(ROUNDS).args(MILLIONS));
}

fn run(command: &mut Command) {
    assert!(command.status().expect("the command starts").success(), "{command:?}");
}
