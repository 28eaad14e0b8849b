//! Product → Advice: which shape minimises future friction, and which language for which service.

mod flips;
mod keep;
pub mod page;
pub mod rules;
mod say;
pub mod services;
#[cfg(test)]
mod tests;
mod work;
pub mod wrap;

use std::cmp::Reverse;

use serde::Serialize;

use crate::failure::Outcome;
use crate::product::{Language, Product, Role, Shape, ShapeChoice};
pub use keep::keep;
use rules::{RULES, Rule};
pub use services::{refuse_unemittable, unemittable};
use work::Work;

/// How far the best shape stands before the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The other shapes cost clearly more.
    Clear,
    /// It costs less, but not by much.
    Lean,
    /// Either would succeed; the team decides.
    TossUp,
}

/// Whose choice the shape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChosenBy {
    /// The smallest sum of friction.
    Advice,
    /// The owner's `preferences.shape`.
    Override,
}

/// One number per shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PerShape {
    /// Node alone.
    pub node: u32,
    /// Python alone.
    pub python: u32,
    /// Both.
    pub both: u32,
}

/// One deployable and the parts that it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// Folder under `services/`; the role's word.
    pub name: String,
    /// Its language.
    pub language: Language,
    /// What it does.
    pub role: Role,
    /// The framework it is built on, as its project writes itself.
    pub framework: &'static str,
    /// Names of its parts, sorted.
    pub parts: Vec<String>,
}

/// One rule that spoke for this product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The rule's name.
    pub rule: &'static str,
    /// What it favours: `node`, `python`, `both`, or `either`.
    pub favours: &'static str,
    /// How strongly: the friction that it adds to the other side.
    pub weight: u32,
    /// One sentence about this product.
    pub because: String,
    /// The article's section it comes from.
    pub source: &'static str,
}

/// The friction that one rule adds to each shape; the table's rows add up to the sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The rule's name.
    pub rule: &'static str,
    /// The rule in a few words.
    pub title: &'static str,
    /// What it adds.
    pub friction: PerShape,
}

/// One changed answer that would change the shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flip {
    /// The change, as a person would say it.
    pub change: String,
    /// The shape it leads to.
    pub shape: Shape,
}

/// The whole advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What is to be emitted.
    pub shape: Shape,
    /// How sure the advice is (of `advised`, when overridden).
    pub confidence: Confidence,
    /// Whose choice the shape is.
    pub chosen_by: ChosenBy,
    /// What the advice would have chosen; stated only where the owner overrode it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advised: Option<Shape>,
    /// Sums of friction.
    pub friction: PerShape,
    /// Services of `shape`, Node first, then by role.
    pub services: Vec<Service>,
    /// Rules that spoke: those that take a side, heaviest first, then the others.
    pub reasons: Vec<Reason>,
    /// What would change the shape.
    pub flips: Vec<Flip>,
    /// Every row that adds friction; not part of the JSON form.
    #[serde(skip)]
    pub table: Vec<Row>,
}

/// A margin up to this is a toss-up.
const TOSS_UP: u32 = 2;
/// A margin up to this is a lean.
const LEAN: u32 = 5;

impl PerShape {
    /// The number of one shape.
    pub fn of(self, shape: Shape) -> u32 {
        match shape {
            Shape::Node => self.node,
            Shape::Python => self.python,
            Shape::Both => self.both,
        }
    }

    /// The shape with the smallest number; where two share it, one language before two, Node before Python.
    pub fn smallest(self) -> Shape {
        self.ranked()[0]
    }

    /// How far the smallest number stands before the next.
    pub fn margin(self) -> u32 {
        let [first, second, _] = self.ranked();
        self.of(second) - self.of(first)
    }

    fn ranked(self) -> [Shape; 3] {
        let mut shapes = [Shape::Node, Shape::Python, Shape::Both];
        shapes.sort_by_key(|shape| self.of(*shape));
        shapes
    }

    /// What a rule that adds this friction speaks for, and how strongly.
    fn favours(self) -> (&'static str, u32) {
        match (self.node, self.python) {
            (node, python) if node < python => ("node", python - node),
            (node, python) if node > python => ("python", node - python),
            (single, _) if self.both < single => ("both", single - self.both),
            (single, _) => ("either", self.both - single),
        }
    }
}

impl std::ops::Add for PerShape {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { node: self.node + other.node, python: self.python + other.python, both: self.both + other.both }
    }
}

/// Product → Advice: the shape that minimises future friction, or the one that the owner wants.
///
/// # Errors
/// When the owner wants a shape in which a part, or a language, has no place.
pub fn advise(product: &Product) -> Outcome<Advice> {
    let mut product = product.clone();
    // Sorted once, so that no order of parts can change anything after this line.
    product.parts.sort_by(|a, b| a.name.cmp(&b.name));
    let work = Work { product: &product };
    let friction = weigh(work, RULES);
    let advised = friction.smallest();
    let wanted = wanted(product.preferences.shape);
    let shape = wanted.unwrap_or(advised);
    Ok(Advice {
        shape,
        confidence: confidence(friction.margin()),
        chosen_by: if wanted.is_some() { ChosenBy::Override } else { ChosenBy::Advice },
        advised: wanted.map(|_| advised),
        friction,
        services: services::services(work, shape)?,
        reasons: reasons(work),
        flips: flips::flips(&product, shape, advised),
        table: table(work),
    })
}

/// The sums of what the rules add.
fn weigh(work: Work, rules: &[&Rule]) -> PerShape {
    rules.iter().filter_map(|rule| rule.weigh(work)).fold(PerShape::default(), std::ops::Add::add)
}

fn wanted(choice: ShapeChoice) -> Option<Shape> {
    match choice {
        ShapeChoice::Auto => None,
        ShapeChoice::Node => Some(Shape::Node),
        ShapeChoice::Python => Some(Shape::Python),
        ShapeChoice::Both => Some(Shape::Both),
    }
}

fn confidence(margin: u32) -> Confidence {
    match margin {
        margin if margin <= TOSS_UP => Confidence::TossUp,
        margin if margin <= LEAN => Confidence::Lean,
        _ => Confidence::Clear,
    }
}

fn table(work: Work) -> Vec<Row> {
    let row = |rule: &&Rule| Some(Row { rule: rule.name, title: rule.title, friction: rule.weigh(work)? });
    RULES.iter().filter_map(row).filter(|row| row.friction != PerShape::default()).collect()
}

fn reasons(work: Work) -> Vec<Reason> {
    let reason = |rule: &&Rule| {
        let (favours, weight) = rule.weigh(work)?.favours();
        Some(Reason {
            rule: rule.name,
            favours,
            weight,
            because: say::sentence(&(rule.because)(work)),
            source: rule.source,
        })
    };
    let mut reasons: Vec<Reason> = RULES.iter().filter_map(reason).collect();
    reasons.sort_by_key(|reason| (reason.favours == "either", Reverse(reason.weight)));
    reasons
}
