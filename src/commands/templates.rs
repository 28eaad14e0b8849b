//! `duostack templates`: the built-in pack as a folder to change, and a check of such a folder.

use std::borrow::Cow;
use std::path::Path;

use serde_json::json;

use crate::catalogue::{self, Catalogue};
use crate::cli::TemplatesCommand;
use crate::console::Console;
use crate::disk::{self, Access, Item, Landing};
use crate::failure::{Failure, Outcome};
use crate::processes::Stop;
use crate::render::check;

/// Exports or checks a pack.
///
/// # Errors
/// A folder that is in the way, or whatever is wrong with the pack.
pub fn run(console: &Console, command: &TemplatesCommand) -> Outcome<()> {
    match command {
        TemplatesCommand::Export { dir, dry_run } => export(console, dir, *dry_run),
        TemplatesCommand::Check { dir, json } => check_pack(console, dir, *json),
    }
}

fn export(console: &Console, dir: &Path, dry_run: bool) -> Outcome<()> {
    let files = catalogue::built_in_files();
    let landing = Landing::at(dir)?;
    let what = format!("{} files into {}", files.len(), dir.display());
    if dry_run {
        console.status("Would export", &what);
        console.data(&files.iter().map(|(path, ..)| format!("{path}\n")).collect::<String>());
        return Ok(());
    }
    let items = files.into_iter().map(|(path, content, executable)| Item {
        path: path.into(),
        content: Cow::Owned(content),
        access: if executable { Access::Executable } else { Access::Plain },
    });
    landing.write(items, &Stop::listen(), |_| Ok(()))?;
    console.status("Exported", &what);
    console.say(&format!(
        "\nChange it, then:\n  duostack templates check {0}\n  duostack new --templates {0}",
        dir.display()
    ));
    Ok(())
}

fn check_pack(console: &Console, dir: &Path, as_json: bool) -> Outcome<()> {
    let files = disk::read_pack(dir)?;
    let count = files.len();
    let problems = match Catalogue::from_files(files) {
        Ok(catalogue) => check(&catalogue),
        Err(problem) => vec![problem],
    };
    if as_json {
        let list: Vec<_> =
            problems.iter().map(|problem| json!({ "problem": problem.to_string(), "hints": problem.hints })).collect();
        let report = json!({ "files": count, "problems": list });
        console.data(&format!("{}\n", serde_json::to_string_pretty(&report).map_err(Failure::bug)?));
    }
    let mut problems = problems.into_iter();
    let Some(last) = problems.next_back() else {
        console.status("Checked", &format!("{count} files: a sound pack"));
        return Ok(());
    };
    problems.for_each(|problem| console.failure(&problem));
    Err(last)
}
