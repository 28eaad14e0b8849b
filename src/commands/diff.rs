//! `duostack diff`: an update as a unified diff.

use serde_json::json;

use super::regeneration::Regeneration;
use super::report;
use super::repository::Repository;
use crate::cli::DiffArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// Prints what `update` would do to the working tree; writes nothing.
///
/// # Errors
/// A repository, answers or pack that are refused.
pub fn run(console: &Console, args: &DiffArgs) -> Outcome<()> {
    let mut repository = Repository::open(console)?;
    repository.overlay(&args.answers)?;
    let plan = Regeneration::plan(repository, args.templates.as_deref())?;
    if args.answers.json {
        let report = report::json(&plan, json!({ "diff": report::diff(&plan) }));
        console.data(&format!("{}\n", serde_json::to_string_pretty(&report).map_err(Failure::bug)?));
        return Ok(());
    }
    if plan.is_current() {
        console.status("Up to date", "an update would change nothing");
    }
    console.data(&report::diff(&plan));
    Ok(())
}
