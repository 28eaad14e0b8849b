//! CPU time of whole processes, and packs to feed them.
#![allow(dead_code, reason = "each benchmark uses its own part of this")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

/// Files of one generated pack hold this many bytes: 200 KB per 100 files.
const FILE_BYTES: usize = 2_000;

/// CPU milliseconds of a command and all that it starts.
pub fn cpu(root: &Path, command: &mut Command) -> f64 {
    let before = children();
    let status =
        command.current_dir(root).stdin(Stdio::null()).stdout(Stdio::null()).status().expect("the command starts");
    assert!(status.success());
    (children() - before).as_secs_f64() * 1_000.0
}

/// CPU time of every child so far.
pub fn children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let micros = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .sum::<i64>();
    Duration::from_micros(micros.unsigned_abs())
}

/// A pack of so many files; `edit` may change a file's lines.
pub fn make_pack(pack: &Path, files: usize, edit: impl Fn(usize, &mut Vec<String>)) {
    for index in 0..files {
        let folder = pack.join(format!("repository/src/area-{}", index / 25));
        fs::create_dir_all(&folder).expect("a folder");
        let mut lines = vec![format!("// file {index}")];
        lines.extend(
            (0..FILE_BYTES / 50).map(|line| format!("const answer{line} = {index}; // a line of code like any other")),
        );
        edit(index, &mut lines);
        fs::write(folder.join(format!("file-{index}.ts")), lines.join("\n") + "\n").expect("a file");
    }
    fs::write(pack.join("repository/README.md.hbs"), "# {{product.name}}\n\n{{product.description}}\n")
        .expect("a file");
}

/// Smallest first.
pub fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
