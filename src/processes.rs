//! Processes that duostack starts.

#![allow(clippy::disallowed_methods, reason = "this is the edge that starts processes")]

use crate::failure::{Failure, Outcome};
use std::path::Path;
/// Runs a command line with the terminal as its own.
pub fn run_visibly(command: &str, folder: &Path) -> Outcome<()> {
    let mut words = command.split(' ');
    let status = std::process::Command::new(words.next().unwrap_or_default()).args(words).current_dir(folder).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::refused(format!("`{command}` failed"))),
    }
}
