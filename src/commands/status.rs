//! `duostack status`: what the owner changed, and what an update would change.

use serde::Serialize;
use serde_json::{Value, json};

use super::regeneration::Regeneration;
use super::repository::Repository;
use super::{report, update};
use crate::cli::StatusArgs;
use crate::console::Console;
use crate::failure::{Failure, Outcome};

/// What the owner did to an emitted file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Change {
    Edited,
    Deleted,
}

/// Tells how a repository stands; writes nothing.
///
/// # Errors
/// A repository, answers or pack that are refused; with `--check`, anything to update.
pub fn run(console: &Console, args: &StatusArgs) -> Outcome<()> {
    let mut repository = Repository::open(console)?;
    repository.overlay(&args.answers)?;
    let plan = Regeneration::plan(repository, args.templates.as_deref())?;
    let changes = changes(&plan);
    if args.answers.json {
        let report = report::json(&plan, told(&plan, &changes));
        console.data(&format!("{}\n", serde_json::to_string_pretty(&report).map_err(Failure::bug)?));
    } else {
        console.data(&page(&plan, &changes));
        update::explain(console, &plan);
    }
    if let Some(other) = plan.other_pack() {
        console.note(&other);
    }
    if args.check && !plan.is_current() {
        return Err(Failure::refused("this repository is behind its answers and templates")
            .hint("`duostack diff` shows what an update would change; `duostack update` does it"));
    }
    Ok(())
}

fn changes(plan: &Regeneration) -> Vec<(&str, Change)> {
    let change = |(path, old): (&'_ str, &crate::tree::Entry)| match plan.mine.entries.get(path) {
        None => Some(Change::Deleted),
        Some(own) if own.content != old.content || own.executable != old.executable => Some(Change::Edited),
        Some(_) => None,
    };
    let base = plan.repository.base.tree.iter();
    base.filter_map(|(path, old)| Some((path, change((path, old))?))).collect()
}

fn told(plan: &Regeneration, changes: &[(&str, Change)]) -> Value {
    let changed: Vec<Value> = changes.iter().map(|(path, change)| json!({ "path": path, "change": change })).collect();
    json!({ "changed": changed, "markers": plan.marked, "beside": plan.beside() })
}

fn page(plan: &Regeneration, changes: &[(&str, Change)]) -> String {
    let heading = |text: String| format!("{}\n", console::Style::new().bold().apply_to(text));
    let mut page = match changes.len() {
        0 => "You changed no emitted file.\n".to_owned(),
        count => heading(format!("You changed {}", files(count))),
    };
    for (path, change) in changes {
        let word = if *change == Change::Edited { "edited" } else { "deleted" };
        page += &format!("{word:>10}  {path}\n");
    }
    page.push('\n');
    if plan.is_current() {
        page += "An update would change nothing.\n";
    } else {
        page += &heading(format!("An update would change this: {}", report::sums(plan)));
        page += &report::list(plan);
    }
    let left = [
        ("Markers of an earlier merge still stand in", plan.marked.iter().collect()),
        ("Of an earlier merge still lies beside yours", plan.beside()),
    ];
    for (title, paths) in left.into_iter().filter(|(_, paths): &(_, Vec<&String>)| !paths.is_empty()) {
        page.push('\n');
        page += &heading(title.to_owned());
        paths.iter().for_each(|path| page += &format!("{:12}{path}\n", ""));
    }
    page
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
