//! `duostack sbom`: what an emitted repository is made of, from its lock files as they stand.

use std::collections::BTreeSet;

use super::repository::Repository;
use crate::console::Console;
use crate::disk::{self, standing};
use crate::failure::{Failure, Outcome};
use crate::sbom::{self, Bill};

/// Prints the bill; writes nothing.
///
/// # Errors
/// No repository here; no lock file, or one that cannot be read.
pub fn run(console: &Console) -> Outcome<()> {
    let repository = Repository::open(console)?;
    let product = repository.answers.product()?;
    let paths: BTreeSet<String> = standing::unignored(&repository.root).into_iter().collect();
    let mut bill = Bill::default();
    let mut locks = sbom::locks(&paths).peekable();
    if locks.peek().is_none() {
        return Err(Failure::refused("there is no lock file here")
            .hint("lock first: `npm install --package-lock-only`, `python tasks.py lock`"));
    }
    for path in locks {
        bill.add(path, &disk::read_text(&repository.root.join(path))?)?;
    }
    let text = serde_json::to_string_pretty(&bill.json(&product)).map_err(Failure::bug)?;
    console.data(&format!("{text}\n"));
    Ok(())
}
