//! `duostack new` against `cp -r` of its result, in one run: CPU time of whole processes, and peak memory.
//!
//! `cargo bench` prints a Markdown table. Both commands take turns, so that a noisy machine is noisy for both.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

mod measure;

use std::fs;
use std::path::Path;
use std::process::Command;

use measure::{cpu, make_pack, sorted};
use nix::sys::resource::{UsageWho, getrusage};

/// Turns that each command gets; the table shows the median of their ratios. Long turns need fewer.
const ROUNDS: usize = 15;
const LONG_ROUNDS: usize = 5;

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
        make_pack(&root.join("pack"), files, |_, _| {});
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

/// Highest resident memory in MB of any child so far; packs are measured from small to large.
fn peak_memory(root: &Path, new: &[&str]) -> f64 {
    cpu(root, Command::new(env!("CARGO_BIN_EXE_duostack")).args(new));
    fs::remove_dir_all(root.join("out")).expect("the result");
    getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts").max_rss() as f64 / 1_024.0
}
