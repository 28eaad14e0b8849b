//! One file per command; here only what several of them begin with.

pub mod add;
pub mod advise;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod examples;
pub mod new;
mod regeneration;
mod report;
mod repository;
pub mod sbom;
pub mod status;
pub mod templates;
pub mod update;
mod working_tree;

use std::path::Path;

use crate::cli::{AnswerArgs, ShapeFlag};
use crate::console::Console;
use crate::disk;
use crate::examples::Example;
use crate::failure::Outcome;
use crate::interview::{self, Purpose, Settled};
use crate::product::answers::{Answers, Origin};
use crate::product::{keys, reader};

/// Answers from example, file and flags, the rest asked; then product and advice.
///
/// # Errors
/// Any answer that is refused, and questions that stay open without a terminal.
pub fn settle(
    console: &Console,
    args: &AnswerArgs,
    shape: Option<ShapeFlag>,
    purpose: Purpose<'_>,
) -> Outcome<Settled> {
    let mut answers = Answers::default();
    overlay(&mut answers, args)?;
    if let (Some(shape), Some(key)) = (shape, keys::find("preferences.shape")) {
        answers.answer(key, shape.word(), Origin::Flag(format!("--shape {}", shape.word())))?;
    }
    interview::settle(console, answers, args.yes, purpose)
}

/// Lays the answers of the command line over others.
fn overlay(answers: &mut Answers, args: &AnswerArgs) -> Outcome<()> {
    if let Some(name) = &args.example {
        answers.overlay(example_answers(name)?);
    }
    if let Some(path) = &args.answers {
        answers.overlay(file_answers(path)?);
    }
    args.set.iter().try_for_each(|setting| reader::set(answers, setting))
}

fn example_answers(name: &str) -> Outcome<Answers> {
    Example::find(name)?.read()
}

fn file_answers(path: &Path) -> Outcome<Answers> {
    reader::read(&disk::read_text(path)?, &path.display().to_string())
}
