//! `duostack new` against `cp -r` of its result, in one run: CPU time of whole processes, and peak memory.
//!
//! `cargo bench` prints a Markdown table. Both commands take turns, so that a noisy machine is noisy for both.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// Turns that each command gets; the table shows the median of their ratios. Long turns need fewer.
const ROUNDS: usize = 15;
const LONG_ROUNDS: usize = 5;
/// Files of one generated pack hold this many bytes: 200 KB per 100 files.
const FILE_BYTES: usize = 2_000;

fn main() {
    println!("| files | `new` CPU ms | `cp -r` CPU ms | ratio | worst ratio | peak memory of `new` MB |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: |");
    measure("pulse", None);
    for files in [100, 1_000, 10_000] {
        measure(&files.to_string(), Some(files));
    }
}

fn measure(label: &str, files: Option<usize>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    let mut new = vec!["new", "out", "--example", "pulse", "--no-git", "--quiet"];
    if let Some(files) = files {
        make_pack(&root.join("pack"), files);
        new.extend(["--templates", "pack"]);
    }
    let memory = peak_memory(root, &new);
    let count = if files > Some(1_000) { LONG_ROUNDS } else { ROUNDS };
    let rounds: Vec<(f64, f64)> = (0..count).map(|_| round(root, &new)).collect();
    let ratios = sorted(rounds.iter().map(|(new, cp)| new / cp));
    let median = |values: Vec<f64>| values[values.len() / 2];
    let (new, cp) =
        (median(sorted(rounds.iter().map(|round| round.0))), median(sorted(rounds.iter().map(|round| round.1))));
    println!("| {label} | {new:.1} | {cp:.1} | {:.2} | {:.2} | {memory:.1} |", ratios[count / 2], ratios[count - 1]);
}

/// CPU milliseconds of one `new` and one `cp -r` of what it made.
fn round(root: &Path, new: &[&str]) -> (f64, f64) {
    let made = cpu(root, Command::new(env!("CARGO_BIN_EXE_duostack")).args(new));
    let copied = cpu(root, Command::new("cp").args(["-r", "out", "copy"]));
    fs::remove_dir_all(root.join("out")).expect("the result");
    fs::remove_dir_all(root.join("copy")).expect("the copy");
    (made, copied)
}

fn cpu(root: &Path, command: &mut Command) -> f64 {
    let before = children();
    let status =
        command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::null()).status().expect("the command starts");
    assert!(status.success());
    (children() - before).as_secs_f64() * 1_000.0
}

fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Duration::from_micros(micros.unsigned_abs())
}

/// Highest resident memory in MB of any child so far; packs are measured from small to large.
fn peak_memory(root: &Path, new: &[&str]) -> f64 {
    cpu(root, Command::new(env!("CARGO_BIN_EXE_duostack")).args(new));
    fs::remove_dir_all(root.join("out")).expect("the result");
    getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts").max_rss() as f64 / 1_024.0
}

fn make_pack(pack: &Path, files: usize) {
    let line = "const answer = 42 // a line of code like any other\n";
    for index in 0..files {
        let folder = pack.join(format!("repository/src/area-{}", index / 25));
        fs::create_dir_all(&folder).expect("a folder");
        let text: String = format!("// file {index}\n") + &line.repeat(FILE_BYTES / line.len());
        fs::write(folder.join(format!("file-{index}.ts")), text).expect("a file");
    }
    fs::write(pack.join("repository/README.md.hbs"), "# {{product.name}}\n\n{{product.description}}\n")
        .expect("a file");
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
