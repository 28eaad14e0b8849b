//! Parse, run, report a failure, exit.

use std::process::ExitCode;

use clap::Parser;
use duostack::cli::Cli;
use duostack::console::Console;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (color, quiet) = (cli.color, cli.quiet);
    match duostack::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            Console::new(color, quiet).failure(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
