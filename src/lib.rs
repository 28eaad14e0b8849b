//! duostack asks about a product, advises which language suits which service, and emits a starter monorepo.
//!
//! The flow: flags, answers file and questions make a [`product::Product`]; [`advice::advise`] says which
//! shape minimises friction; the blueprint lists what to render; the tree that comes of it is written to disk.

pub mod advice;
pub mod base;
pub mod blueprint;
pub mod catalogue;
pub mod cli;
pub mod commands;
pub mod console;
pub mod disk;
pub mod emission;
pub mod examples;
pub mod failure;
pub mod git;
pub mod interview;
pub mod locks;
pub mod merge;
pub mod name;
pub mod pack;
pub mod processes;
pub mod product;
pub mod progress;
pub mod render;
pub mod running;
pub mod sbom;
pub mod toolchain;
pub mod tree;
pub mod words;

use clap::CommandFactory;
use cli::{Cli, Command};
use console::Console;
use failure::{Failure, Outcome};

/// Runs one command line and says how it ended.
///
/// # Errors
/// Whatever stopped the command, with its exit code in [`failure::Kind`].
pub fn run(cli: Cli) -> Outcome<()> {
    let console = Console::new(cli.color, cli.quiet);
    match cli.command {
        Command::New(args) => commands::new::run(&console, &args),
        Command::Advise(args) => commands::advise::run(&console, &args),
        Command::Add(args) => commands::add::run(&console, &args),
        Command::Update(args) => commands::update::run(&console, &args),
        Command::Status(args) => commands::status::run(&console, &args),
        Command::Diff(args) => commands::diff::run(&console, &args),
        Command::Demo(args) => commands::demo::run(&console, &args),
        Command::Doctor(args) => commands::doctor::run(&console, &args),
        Command::Sbom => commands::sbom::run(&console),
        Command::Examples(args) => commands::examples::run(&console, &args),
        Command::Templates(command) => commands::templates::run(&console, &command),
        Command::Completions { shell } => completions(&console, shell),
        Command::Man => man(&console),
    }
}

fn completions(console: &Console, shell: clap_complete::Shell) -> Outcome<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "duostack", &mut script);
    console.data(&String::from_utf8_lossy(&script));
    Ok(())
}

fn man(console: &Console) -> Outcome<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(Failure::bug)?;
    console.data(&String::from_utf8_lossy(&page));
    Ok(())
}
