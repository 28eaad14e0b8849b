//! The only printer: status lines, notes, hints and errors on stderr; data on stdout.

#![allow(clippy::disallowed_methods, reason = "reads NO_COLOR and TERM")]

use std::io::{self, IsTerminal, Write};

use console::Style;

use crate::failure::{Failure, Kind};

/// When to colour, as `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On terminals, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Even into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// How to speak: quietly or not. Colour is global, set once at start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console {
    quiet: bool,
}

impl Console {
    /// Sets colour for the whole process and how much to say.
    pub fn new(color: ColorChoice, quiet: bool) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let decide = |terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !plain && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
        };
        console::set_colors_enabled(decide(io::stdout().is_terminal()));
        console::set_colors_enabled_stderr(decide(io::stderr().is_terminal()));
        Self { quiet }
    }

    /// Prints data, which others may read by program. A closed pipe ends the program quietly.
    pub fn data(&self, text: &str) {
        let mut out = io::stdout().lock();
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }

    /// A step that was done: a bold green verb, right-aligned, then what.
    pub fn status(&self, verb: &str, what: &str) {
        if !self.quiet {
            self.line(&format!("{} {what}", Style::new().for_stderr().green().bold().apply_to(format!("{verb:>12}"))));
        }
    }

    /// Plain text for a person, on stderr.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.line(text);
        }
    }

    /// Something worth knowing that needs no action.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.line(&format!("{} {text}", Style::new().for_stderr().cyan().bold().apply_to("note:")));
        }
    }

    /// A failure with its ways out; shown even when quiet.
    pub fn failure(&self, failure: &Failure) {
        let heading = match failure.kind {
            Kind::Bug => "internal error:",
            Kind::Interrupted => "interrupted:",
            Kind::Conflict => "conflict:",
            Kind::Refused | Kind::Usage => "error:",
        };
        let text = failure.to_string();
        let text = text.strip_prefix("interrupted; ").unwrap_or(&text);
        self.line(&format!("{} {text}", Style::new().for_stderr().red().bold().apply_to(heading)));
        for hint in &failure.hints {
            self.line(&format!(" {} {hint}", Style::new().for_stderr().cyan().apply_to("hint:")));
        }
    }

    /// Columns to lay data out in: the terminal's, at most 100, or 80 where there is none.
    pub fn width(&self) -> usize {
        console::Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns).clamp(40, 100))
    }

    /// Whether only errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    fn line(&self, text: &str) {
        // A closed stderr must not turn a finished run into a panic.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
