//! Asks only what flags and file left open, shows the advice, and lets it be changed before anything is written.

mod asker;
mod command;
mod flow;
mod questions;

use std::path::Path;

use asker::Terminal;

use crate::advice::{Advice, advise};
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::name::ProductName;
use crate::pack;
use crate::product::answers::{Answer, Answers, Origin, PartAnswer};
use crate::product::{Product, Workload, keys};

/// What the answers are for; decides what is asked and how the interview ends.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// Advise and stop.
    Advise,
    /// Emit into this folder, when one was named.
    New {
        /// DIR as typed.
        dir: Option<&'a Path>,
        /// Nothing will be written.
        dry_run: bool,
        /// Flags as typed that are no answers, for the equivalent command.
        flags: &'a [String],
        /// What the pack asks beyond the common answers.
        questions: &'a [pack::Question],
    },
}

/// Complete answers and what follows from them.
#[derive(Debug)]
pub struct Settled {
    /// Everything answered, with origins.
    pub answers: Answers,
    /// The product.
    pub product: Product,
    /// The advice for it.
    pub advice: Advice,
}

/// Completes the answers: defaults, questions on a terminal, or an error that names the flags.
/// An answers file or an example is complete: what it leaves out has its default.
///
/// # Errors
/// Something open without a terminal, a refused answer, or Ctrl-C.
pub fn settle(console: &Console, mut answers: Answers, yes: bool, purpose: Purpose<'_>) -> Outcome<Settled> {
    let open = if answers.document.is_some() { Vec::new() } else { flow::open(&answers, purpose) };
    if yes {
        take_defaults(&mut answers, purpose)?;
    } else if !open.is_empty() {
        let mut terminal = Terminal::find().ok_or_else(|| nobody_to_ask(&open))?;
        return flow::run(&mut terminal, console, answers, purpose);
    }
    conclude(answers)
}

/// Asks for consent, on a terminal only.
///
/// # Errors
/// Ctrl-C, a no, or nobody to ask, with `way_out` as the hint.
pub fn consent(ask: &str, why: &str, way_out: &str) -> Outcome<()> {
    let mut terminal = Terminal::find().ok_or_else(|| Failure::refused(why).hint(way_out))?;
    match asker::Asker::one(&mut terminal, ask, why, &["no".to_owned(), "yes".to_owned()], 0)? {
        Some(1) => Ok(()),
        _ => Err(Failure::interrupted()),
    }
}

/// Product and advice for answers that are complete.
fn conclude(answers: Answers) -> Outcome<Settled> {
    let product = answers.product()?;
    let advice = advise(&product)?;
    Ok(Settled { answers, product, advice })
}

fn nobody_to_ask(open: &[&str]) -> Failure {
    Failure::refused(format!("there is no terminal to ask on, and these are open: {}", open.join(", ")))
        .hint("answer them in a file with `--answers FILE`, or one by one with `--set KEY=VALUE`")
        .hint("`--yes` takes the defaults for all that is open; `--example NAME` starts from an example")
}

/// For `--yes`: a name from DIR, and the parts that show most of what there is.
fn take_defaults(answers: &mut Answers, purpose: Purpose<'_>) -> Outcome<()> {
    if let (true, Some(key)) = (answers.is_open("product.name"), keys::find("product.name")) {
        answers.answer(key, &default_name(purpose), Origin::Assumed)?;
    }
    if answers.parts.is_empty() {
        let shape = answers.get("preferences.shape").map_or("auto", |answer| answer.text.as_str());
        let workloads: &[Workload] = match shape {
            "node" => &[Workload::LiveDashboard],
            "python" => &[Workload::MachineLearning],
            _ => &[Workload::LiveDashboard, Workload::MachineLearning],
        };
        answers.parts =
            workloads.iter().map(|workload| part(workload.word(), workload.word(), &Origin::Assumed)).collect();
    }
    Ok(())
}

/// DIR's own name as a person would write it, if it makes a good one.
fn default_name(purpose: Purpose<'_>) -> String {
    let dir = match purpose {
        Purpose::New { dir: Some(dir), .. } => dir.file_name().and_then(|name| name.to_str()),
        _ => None,
    };
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    let name = dir.map(|dir| dir.split(['-', '_']).map(capital).collect::<Vec<_>>().join(" "));
    name.filter(|name| ProductName::new(name).is_ok()).unwrap_or_else(|| "Starter".to_owned())
}

/// A part as if it had been typed.
fn part(name: &str, workload: &str, origin: &Origin) -> PartAnswer {
    let answer = |text: &str| Answer { text: text.to_owned(), origin: origin.clone() };
    PartAnswer { values: [("name", answer(name)), ("workload", answer(workload))].into() }
}
