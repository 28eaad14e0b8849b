//! `duostack update`: re-renders from the answers with this binary's templates and merges.

use serde_json::Value;

use super::regeneration::Regeneration;
use super::report;
use super::repository::Repository;
use crate::advice::ChosenBy;
use crate::cli::UpdateArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::interview;
use crate::processes::Stop;
use crate::product::ShapeChoice;

/// Brings a repository up to date, or shows what that would change.
///
/// # Errors
/// A repository, answers or pack that are refused; conflicts, after everything else was done.
pub fn run(console: &Console, args: &UpdateArgs) -> Outcome<()> {
    let mut repository = Repository::open(console)?;
    repository.overlay(&args.answers)?;
    carry_out(console, repository, args)
}

/// Plans, checks, writes and tells.
///
/// # Errors
/// As for [`run`].
pub fn carry_out(console: &Console, repository: Repository, args: &UpdateArgs) -> Outcome<()> {
    // From here on Ctrl-C waits for a moment at which nothing is half-written.
    let stop = Stop::listen();
    let plan = Regeneration::plan(repository, args.templates.as_deref())?;
    plan.refuse_unready(args.allow_dirty)?;
    if let Some(other) = plan.other_pack() {
        console.note(&other);
        if !args.answers.yes && !args.dry_run {
            interview::consent("Update with it?", &other, "`--yes` goes on; `--templates DIR` names the pack to use")?;
        }
    }
    let current = plan.is_current();
    if !current && !args.dry_run {
        plan.write(&stop)?;
    }
    if args.answers.json {
        let report = report::json(&plan, Value::Null);
        console.data(&format!("{}\n", serde_json::to_string_pretty(&report).map_err(Failure::bug)?));
    } else if current {
        console.status("Up to date", &format!("with duostack {}", env!("CARGO_PKG_VERSION")));
    } else {
        console.data(&report::list(&plan));
        let (would, did) =
            if plan.merged.is_empty() { ("Would record", "Recorded") } else { ("Would update", "Updated") };
        console.status(if args.dry_run { would } else { did }, &report::sums(&plan));
    }
    explain(console, &plan);
    report::conflicts(&plan, !args.dry_run)
}

/// What a person should know beside the files.
pub fn explain(console: &Console, plan: &Regeneration) {
    let kept = plan.advice.chosen_by == ChosenBy::Override && plan.product.preferences.shape == ShapeChoice::Auto;
    if let Some(advised) = plan.advice.advised.filter(|_| kept) {
        console.note(&format!(
            "today's advice would be `{advised}`; the recorded decision `{}` stands (take [decision] out of duostack.toml to decide anew)",
            plan.advice.shape
        ));
    }
    let missing = plan.missing_variables();
    if !missing.is_empty() {
        console.note(&format!(
            "new in .env.example and missing in your .env: {}; copy them, with a random value for generate-me",
            missing.join(", ")
        ));
    }
}
