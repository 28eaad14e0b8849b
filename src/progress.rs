//! Steps of long work: what is done now, how far it is, how long it took.

#![allow(clippy::disallowed_methods, reason = "measures how long a step takes")]

use std::time::{Duration, Instant};

use console::Style;
use indicatif::{ProgressBar, ProgressStyle};

use crate::console::Console;
use crate::failure::{Failure, Kind, Outcome};

/// A known number of steps, told one by one.
#[derive(Debug)]
pub struct Steps<'a> {
    console: &'a Console,
    done: usize,
    all: usize,
}

impl<'a> Steps<'a> {
    /// None done yet.
    pub fn new(console: &'a Console, all: usize) -> Self {
        Self { console, done: 0, all }
    }

    /// Does the next step, with a spinner on a terminal; tells what came of it and how long it took.
    ///
    /// # Errors
    /// The step's own, headed by which step it was.
    pub fn step<T>(&mut self, doing: &str, work: impl FnOnce() -> Outcome<(T, String)>) -> Outcome<T> {
        self.done += 1;
        let head = format!("[{}/{}]", self.done, self.all);
        let spinner = self.spinner(&format!("{head} {doing}"));
        if spinner.is_hidden() {
            self.console.say(&format!("{head} {doing} …"));
        }
        let start = Instant::now();
        let result = work();
        spinner.finish_and_clear();
        match result {
            Ok((value, what)) => {
                let took = format!("{:.1} s", start.elapsed().as_secs_f32());
                let dim = Style::new().for_stderr().dim();
                self.console.say(&format!("{} {what} {}", dim.apply_to(head), dim.apply_to(took)));
                Ok(value)
            }
            Err(failure) if failure.kind == Kind::Interrupted => Err(Failure::interrupted_while(doing)),
            Err(mut failure) => {
                failure.source = failure.source.context(format!("step {} of {} failed, {doing}", self.done, self.all));
                Err(failure)
            }
        }
    }

    /// Passes over steps that were done before.
    pub fn skip(&mut self, steps: usize) {
        self.done += steps;
    }

    fn spinner(&self, message: &str) -> ProgressBar {
        if self.console.is_quiet() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(format!("{message} …"));
        if let Ok(style) = ProgressStyle::with_template("{msg} {elapsed:.dim} {spinner}") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }
}
