//! `duostack new`: asks, advises, emits a repository.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::advice::Service;
use crate::catalogue::Catalogue;
use crate::cli::NewArgs;
use crate::console::Console;
use crate::disk::{self, Landing};
use crate::emission::Emission;
use crate::examples::Example;
use crate::failure::{Failure, Outcome};
use crate::git::{self, FirstCommit};
use crate::interview::{Purpose, Settled};
use crate::processes::{self, Stop};
use crate::product::Shape;
use crate::toolchain;

/// Emits a repository, or shows what would be emitted.
///
/// # Errors
/// Refused answers, a part that cannot be emitted, a broken pack, or a target that cannot be written.
pub fn run(console: &Console, args: &NewArgs) -> Outcome<()> {
    let catalogue = pack(args.templates.as_deref())?;
    if let Some(dir) = &args.dir {
        Landing::at(dir)?;
    }
    let flags = flags(args);
    let purpose = Purpose::New {
        dir: args.dir.as_deref(),
        dry_run: args.dry_run,
        flags: &flags,
        questions: &catalogue.questions,
    };
    let settled = super::settle(console, &args.answers, args.shape, purpose)?;
    crate::advice::refuse_unemittable(&settled.product, &settled.advice)?;
    let emission = Emission::of(&settled.product, &settled.advice, &settled.answers, &catalogue)?;
    let landing = Landing::at(&args.dir.clone().unwrap_or_else(|| PathBuf::from(settled.product.slug.as_str())))?;
    if args.dry_run {
        return show(console, args, &settled, &emission, &landing, None);
    }
    let commit = write(&emission, &landing, wants_git(args, landing.target()))?;
    show(console, args, &settled, &emission, &landing, commit)
}

/// What was typed beside answers.
fn flags(args: &NewArgs) -> Vec<String> {
    let switches = [(args.git, "--git"), (args.no_git, "--no-git"), (args.install, "--install")];
    let pack = args.templates.iter().flat_map(|dir| ["--templates".to_owned(), dir.display().to_string()]);
    switches.iter().filter(|(on, _)| *on).map(|(_, flag)| (*flag).to_owned()).chain(pack).collect()
}

/// The built-in pack, or the folder given with `--templates`.
///
/// # Errors
/// A folder that cannot be read, or a pack that is wrong.
pub fn pack(folder: Option<&Path>) -> Outcome<Catalogue> {
    match folder {
        None => Catalogue::built_in(),
        Some(folder) => Catalogue::from_files(disk::read_pack(folder)?),
    }
}

/// What an emitted example consists of.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// Its languages.
    pub shape: Shape,
    /// Its services.
    pub services: Vec<Service>,
}

/// Emits an example with the built-in pack into a folder that does not exist yet; no git.
///
/// # Errors
/// An unknown example, or a target that cannot be written.
pub fn emit_example(name: &str, into: &Path) -> Outcome<Emitted> {
    let (emission, emitted) = example_emission(name)?;
    write(&emission, &Landing::at(into)?, None)?;
    Ok(emitted)
}

/// An example in memory.
///
/// # Errors
/// An unknown example.
pub fn example_emission(name: &str) -> Outcome<(Emission, Emitted)> {
    let answers = Example::find(name)?.read()?;
    let product = answers.product()?;
    let advice = crate::advice::advise(&product)?;
    let emission = Emission::of(&product, &advice, &answers, &Catalogue::built_in()?)?;
    Ok((emission, Emitted { shape: advice.shape, services: advice.services }))
}

/// What to do about git, and why nothing when nothing.
fn wants_git(args: &NewArgs, target: &Path) -> Option<FirstCommit> {
    if args.no_git {
        return None;
    }
    if !git::is_there() {
        return Some(FirstCommit::Skipped("git is not installed, so there is no repository yet; install it, then `git init && git add . && git commit`".to_owned()));
    }
    if !args.git && git::is_inside_repository(target) {
        return Some(FirstCommit::Skipped(
            "this lies inside a git repository already, so none was made; `--git` makes one all the same".to_owned(),
        ));
    }
    Some(FirstCommit::Made)
}

fn write(emission: &Emission, landing: &Landing, commit: Option<FirstCommit>) -> Outcome<Option<FirstCommit>> {
    let mut outcome = commit.clone();
    landing.write(emission.items(secret), &Stop::listen(), |root| {
        if commit == Some(FirstCommit::Made) {
            outcome = Some(git::first_commit(root, "Start from duostack"));
        }
        Ok(())
    })?;
    Ok(outcome)
}

/// 32 random bytes in hexadecimal.
fn secret() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system's source of randomness");
    crate::tree::hex(&bytes)
}

fn show(
    console: &Console,
    args: &NewArgs,
    settled: &Settled,
    emission: &Emission,
    landing: &Landing,
    commit: Option<FirstCommit>,
) -> Outcome<()> {
    if args.answers.json {
        let report = report(args, settled, emission, landing, commit.as_ref());
        console.data(&format!("{}\n", serde_json::to_string_pretty(&report).map_err(Failure::bug)?));
        return Ok(());
    }
    let dir = shown(landing.target());
    let what = format!("{} files into {dir} ({})", emission.tree.len(), languages(settled.advice.shape));
    if args.dry_run {
        console.status("Would emit", &what);
        let list: String = emission.tree.iter().map(|(path, _)| format!("{path}\n")).collect();
        console.data(&list);
        return Ok(());
    }
    console.status("Emitted", &what);
    match commit {
        Some(FirstCommit::Made) => console.status("Committed", "everything, as the first commit on main"),
        Some(FirstCommit::Skipped(why)) => console.note(&why),
        None => {}
    }
    if args.install {
        install(console, landing.target(), settled.advice.shape)?;
    }
    console.say(&next_steps(&dir, settled.advice.shape, args.install));
    Ok(())
}

/// Runs the emitted repository's own set-up; its output is the user's to see.
fn install(console: &Console, root: &Path, shape: Shape) -> Outcome<()> {
    for line in setup_commands(shape) {
        console.status("Running", line);
        let words: Vec<&str> = match line.split(' ').collect::<Vec<_>>().split_first() {
            Some((&"python", rest)) => [toolchain::python()?, rest].concat(),
            Some((_, rest)) => [&[toolchain::NPM], rest].concat(),
            None => continue,
        };
        processes::run_visibly(&mut processes::command(&words, root, &toolchain::path())).map_err(|failure| {
            failure.hint(format!(
                "the repository is whole: run `{line}` in {} again when the cause is mended",
                shown(root)
            ))
        })?;
    }
    Ok(())
}

fn report(
    args: &NewArgs,
    settled: &Settled,
    emission: &Emission,
    landing: &Landing,
    commit: Option<&FirstCommit>,
) -> Value {
    let files: Vec<Value> = emission
        .tree
        .iter()
        .map(|(path, entry)| json!({ "path": path, "layer": entry.layer, "state": "created" }))
        .collect();
    json!({
        "dir": landing.target().display().to_string(),
        "dry_run": args.dry_run,
        "shape": settled.advice.shape,
        "committed": commit == Some(&FirstCommit::Made) && !args.dry_run,
        "services": settled.advice.services,
        "files": files,
    })
}

/// The path from here when that is shorter.
fn shown(target: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative =
        here.as_deref().and_then(|here| target.strip_prefix(here).ok()).filter(|path| !path.as_os_str().is_empty());
    relative.unwrap_or(target).display().to_string()
}

fn languages(shape: Shape) -> &'static str {
    match shape {
        Shape::Node => "Node",
        Shape::Python => "Python",
        Shape::Both => "Node and Python, joined by a contract",
    }
}

/// Commands that set an emitted repository up, in order.
pub fn setup_commands(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::Node => &["npm ci"],
        Shape::Python => &["python tasks.py setup"],
        Shape::Both => &["npm ci", "npm run setup"],
    }
}

fn next_steps(dir: &str, shape: Shape, installed: bool) -> String {
    let start = if shape == Shape::Python { "python tasks.py dev" } else { "npm run dev" };
    let setup = if installed { &[][..] } else { setup_commands(shape) };
    let lines: String = setup.iter().chain([&start]).map(|command| format!("  {command}\n")).collect();
    format!("\nNext:\n  cd {dir}\n{lines}")
}
