//! The one place that asks on a terminal; the only user of dialoguer.

use std::io::{self, IsTerminal, Write};

use console::{Style, Term};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Input, MultiSelect, Select};

use crate::failure::{Failure, Outcome};
use crate::processes::Stop;

/// What a question accepts: the refusal is shown and the question asked again.
pub type Check<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Whoever answers: a person at a terminal, or a script in a test.
pub trait Asker {
    /// A line of text; Enter alone takes the default.
    ///
    /// # Errors
    /// Ctrl-C.
    fn text(&mut self, ask: &str, why: &str, default: &str, check: Check<'_>) -> Outcome<String>;

    /// One of several; nothing to go back.
    ///
    /// # Errors
    /// Ctrl-C.
    fn one(&mut self, ask: &str, why: &str, options: &[String], default: usize) -> Outcome<Option<usize>>;

    /// Any number of several; nothing to go back.
    ///
    /// # Errors
    /// Ctrl-C.
    fn several(&mut self, ask: &str, why: &str, options: &[String], chosen: &[bool]) -> Outcome<Option<Vec<usize>>>;

    /// Shows something between questions.
    fn show(&mut self, text: &str);
}

/// A person at the terminal that stdin and stderr are.
pub struct Terminal {
    theme: Box<dyn Theme>,
}

impl Terminal {
    /// The terminal, if there is one to ask on.
    pub fn find() -> Option<Self> {
        let there = io::stdin().is_terminal() && io::stderr().is_terminal();
        there.then(|| {
            Stop::listen().set_asking(true);
            let colored = console::colors_enabled_stderr();
            Self { theme: if colored { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) } }
        })
    }

    /// The same by typing numbers, where there is no room for a list.
    fn numbers(
        &mut self,
        ask: &str,
        why: &str,
        options: &[String],
        before: &[usize],
        most: usize,
    ) -> Outcome<Vec<usize>> {
        let list: Vec<String> =
            options.iter().enumerate().map(|(index, text)| format!("{} {text}", index + 1)).collect();
        let read = |typed: &str| -> Option<Vec<usize>> {
            let words = typed.split([',', ' ']).filter(|word| !word.is_empty());
            words.map(|word| word.parse::<usize>().ok().filter(|number| (1..=options.len()).contains(number))).collect()
        };
        let check = |typed: &str| match read(typed) {
            Some(numbers) if numbers.len() <= most => Ok(()),
            _ => Err(format!("type a number from 1 to {}", options.len())),
        };
        let standing: Vec<String> = before.iter().map(|index| (index + 1).to_string()).collect();
        let typed = self.text(&format!("{ask} ({})", list.join(", ")), why, &standing.join(", "), &check)?;
        Ok(read(&typed).unwrap_or_default().into_iter().map(|number| number - 1).collect())
    }

    fn explain(why: &str) {
        let _ = writeln!(io::stderr(), "\n{}", Style::new().for_stderr().dim().apply_to(why));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        Stop::listen().set_asking(false);
    }
}

impl Asker for Terminal {
    fn text(&mut self, ask: &str, why: &str, default: &str, check: Check<'_>) -> Outcome<String> {
        Self::explain(why);
        let input = Input::<String>::with_theme(&*self.theme).with_prompt(ask).allow_empty(true);
        let input = if default.is_empty() { input } else { input.default(default.to_owned()) };
        let checked = input.validate_with(|typed: &String| check(typed));
        checked.interact_text_on(&Term::stderr()).map_err(interrupted)
    }

    fn one(&mut self, ask: &str, why: &str, options: &[String], default: usize) -> Outcome<Option<usize>> {
        if is_low() {
            return self.numbers(ask, why, options, &[default], 1).map(|chosen| chosen.first().copied());
        }
        Self::explain(why);
        let select = Select::with_theme(&*self.theme).with_prompt(ask).items(options).default(default);
        select.interact_on_opt(&Term::stderr()).map_err(interrupted)
    }

    fn several(&mut self, ask: &str, why: &str, options: &[String], chosen: &[bool]) -> Outcome<Option<Vec<usize>>> {
        if is_low() {
            let before: Vec<usize> = (0..chosen.len()).filter(|index| chosen[*index]).collect();
            return self.numbers(ask, why, options, &before, options.len()).map(Some);
        }
        Self::explain(why);
        let select = MultiSelect::with_theme(&*self.theme).with_prompt(ask).items(options).defaults(chosen);
        select.interact_on_opt(&Term::stderr()).map_err(interrupted)
    }

    fn show(&mut self, text: &str) {
        let _ = write!(io::stderr(), "\n{text}");
    }
}

/// Too low for a list: dialoguer needs three rows for one.
fn is_low() -> bool {
    Term::stderr().size().0 < 4
}

fn interrupted(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    let _ = Term::stderr().show_cursor();
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::interrupted(),
        _ => Failure::refused(format!("the terminal cannot be read: {error}"))
            .hint("answer with --answers FILE or --set KEY=VALUE, and take the rest with --yes"),
    }
}
