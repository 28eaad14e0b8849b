//! Refreshes what the locks of every product are cut from: `templates/package-lock.json` and `templates/requirements.txt`.
//!
//! `cargo run --example supersets` takes in what a layer's manifest asks for since the last time, and leaves all else at its
//! version; `-- --upgrade` takes the newest of everything that the manifests do not pin. It needs npm and uv. A set that
//! is not complete and sound is refused, and nothing is changed; else the examples are rendered anew, and it is told what changed.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a command for this repository alone")]

mod changes;
mod lockers;
mod rules;
mod wanted;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use duostack::catalogue::{Catalogue, built_in_files};
use duostack::locks::{npm, python};
use wanted::Wanted;

fn main() -> ExitCode {
    match refresh(std::env::args().any(|argument| argument == "--upgrade")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the set was taken.
fn refresh(upgrade: bool) -> Result<bool, Box<dyn Error>> {
    let wanted = Wanted::of(&Catalogue::from_files(layers()).map_err(|failure| failure.to_string())?);
    let folder = tempfile::tempdir()?;
    eprintln!("npm: locking {} packages that are asked for", wanted.npm.len());
    let npm = lockers::npm(folder.path(), &wanted, seed(npm::FILE, upgrade).as_deref())?;
    eprintln!("uv: locking {} packages that are asked for", wanted.python.len());
    let (python, warnings) = lockers::python(folder.path(), &wanted, seed(python::FILE, upgrade).as_deref())?;
    let mut objections = rules::npm(&npm);
    objections.extend(rules::python(&python));
    objections.extend(warnings);
    eprintln!("uv: looking for a wheel of each package on {} platforms", lockers::PLATFORMS.len());
    objections.extend(lockers::platforms(folder.path()));
    eprintln!("uv: reading the licences");
    objections.extend(
        lockers::licences(folder.path())?.into_iter().filter_map(|(name, found)| rules::licence(&name, &found)),
    );
    if !objections.is_empty() {
        eprintln!("refused, nothing was changed:\n  {}", objections.join("\n  "));
        return Ok(false);
    }
    for (file, text) in [(npm::FILE, &npm), (python::FILE, &python)] {
        let path = templates().join(file);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        println!("{file}: {}", changes::told(&before, text));
        std::fs::write(path, text)?;
    }
    render_examples()?;
    Ok(true)
}

/// The pack without its supersets, which need not fit what is asked now.
fn layers() -> Vec<duostack::catalogue::Found> {
    built_in_files().into_iter().filter(|(path, ..)| path.contains('/')).collect()
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

fn seed(file: &str, upgrade: bool) -> Option<String> {
    std::fs::read_to_string(templates().join(file)).ok().filter(|_| !upgrade)
}

fn render_examples() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).current_dir(root).env("DUOSTACK_BLESS", "1").status()
    };
    eprintln!("rendering the examples");
    run("cargo", &["test", "--quiet", "--test", "examples"])?;
    run("git", &["--no-pager", "diff", "--stat", "--", "templates", "examples"])?;
    Ok(())
}
