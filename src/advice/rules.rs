//! What speaks for which language: one rule, one item, with its weight, its reason and its source.
//!
//! A part in a language that does not suit it weighs at least [`SOUND`]. That is just more than what could keep it
//! there: a second language (6) that nobody knows (4), against a wish for one stack (4); or all that team and
//! roadmap say together (13). So every part finds a place in the advised shape: one starts from the product.
//! What holds for the whole product weighs about [`CLEAR`] and decides where the parts leave a choice, as an API
//! does; [`WEAK`] tips a balance. The laws in `tests/laws.rs` hold these numbers together: change one, run them all.
//! Readability, the number of packages and benchmarks decide nothing, so no rule scores them.

mod either;
mod node;
mod python;

use super::PerShape;
use super::work::Work;
use crate::product::{Importance, Outlook, Part};

/// A part in the wrong language.
const STRONG: u32 = 16;
/// The same, where conventions count for more than the machine.
const SOUND: u32 = 15;
/// Something about the whole product.
const CLEAR: u32 = 4;
/// A nudge.
const WEAK: u32 = 1;
/// What it adds that the product is nothing without the part.
const CORE: u32 = 4;

/// One rule of the article.
pub struct Rule {
    /// Its name, for scripts.
    pub name: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
    /// The article's section.
    pub source: &'static str,
    /// How strongly it speaks, before anything makes it grow.
    pub weight: u32,
    /// The friction that it adds; `None` when it has nothing to say about this product.
    pub friction: fn(Work, u32) -> Option<PerShape>,
    /// Why, in one sentence about this product.
    pub because: fn(Work) -> String,
}

impl Rule {
    /// What this rule adds for a product.
    pub fn weigh(&self, work: Work) -> Option<PerShape> {
        (self.friction)(work, self.weight)
    }
}

/// Every rule, in the order of the table that they come from, and what `both` costs.
pub static RULES: &[&Rule] = &[
    &node::MANY_CONNECTIONS,
    &node::STREAMS_AND_CROWDS,
    &node::ORDINARY_IO,
    &python::COMPUTATION,
    &python::MODELS,
    &python::DATA_WORK,
    &python::AUTOMATION,
    &python::CONTENT_AND_BUSINESS,
    &python::ONE_LANGUAGE,
    &node::JAVASCRIPT_STACK,
    &either::TEAM,
    &python::LATER,
    &node::REAL_TIME_CENTRE,
    &either::TWO_SIDES,
    &either::CLOSE_CALL,
    &either::SECOND_LANGUAGE,
];

/// Friction for Node alone.
fn against_node(node: u32) -> Option<PerShape> {
    felt(PerShape { node, ..PerShape::default() })
}

/// Friction for Python alone.
fn against_python(python: u32) -> Option<PerShape> {
    felt(PerShape { python, ..PerShape::default() })
}

/// Nothing to say when nothing is added.
fn felt(friction: PerShape) -> Option<PerShape> {
    (friction != PerShape::default()).then_some(friction)
}

/// What parts weigh together, each at least so much.
fn heft(parts: &[&Part], each: u32) -> u32 {
    parts.iter().map(|part| each + if part.importance == Importance::Core { CORE } else { 0 }).sum()
}

/// What something on the roadmap weighs: half while it is only a maybe.
fn outlook(outlook: Outlook, weight: u32) -> u32 {
    match outlook {
        Outlook::No => 0,
        Outlook::Maybe => weight / 2,
        Outlook::Planned => weight,
    }
}
