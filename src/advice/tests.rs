//! What must hold of the advice, for every product that can be described.

mod cases;
mod laws;

use crate::name::{PartName, ProductName, Slug};
use crate::product::*;

/// A product in one line: parts joined by `+` (`?` = supporting), then `word:value` for what is not default.
///
/// `sketch("chat + json-api?", "connections:thousands python:strong")`
pub(super) fn sketch(parts: &str, answers: &str) -> Product {
    let mut product = blank();
    for (index, part) in parts.split('+').map(str::trim).enumerate() {
        let workload = Workload::from_word(part.trim_end_matches('?')).unwrap_or_else(|| panic!("{part}"));
        let importance = if part.ends_with('?') { Importance::Supporting } else { Importance::Core };
        product.parts.push(Part { name: part_name(index), workload, importance });
    }
    answers.split_whitespace().for_each(|answer| set(&mut product, answer));
    product
}

fn set(product: &mut Product, answer: &str) {
    let (key, word) = answer.split_once(':').unwrap_or((answer, ""));
    match key {
        "connections" => product.load.connections = Connections::from_word(word).unwrap(),
        "computation" => product.load.computation = Computation::from_word(word).unwrap(),
        "javascript" => product.team.javascript = Skill::from_word(word).unwrap(),
        "python" => product.team.python = Skill::from_word(word).unwrap(),
        "in-two-years" => product.team.in_two_years = TeamAhead::from_word(word).unwrap(),
        "ai" => product.roadmap.ai = Outlook::from_word(word).unwrap(),
        "analytics" => product.roadmap.analytics = Outlook::from_word(word).unwrap(),
        "real-time" => product.roadmap.real_time = Outlook::from_word(word).unwrap(),
        "one-stack" => product.preferences.single_javascript_stack = true,
        "shape" => product.preferences.shape = ShapeChoice::from_word(word).unwrap(),
        _ => panic!("{answer}"),
    }
}

/// Names whose order differs from the order in which they are given.
fn part_name(index: usize) -> PartName {
    PartName::new(["mast", "keel", "sail", "bow", "oar", "hull", "deck", "rope"][index % 8]).unwrap()
}

fn blank() -> Product {
    Product {
        name: ProductName::new("Sketch").unwrap(),
        slug: Slug::new("sketch").unwrap(),
        description: String::new(),
        parts: Vec::new(),
        load: Load { connections: Connections::Hundreds, computation: Computation::Light },
        team: Team { javascript: Skill::Some, python: Skill::Some, in_two_years: TeamAhead::Mixed },
        roadmap: Roadmap { ai: Outlook::No, analytics: Outlook::No, real_time: Outlook::No },
        preferences: Preferences { single_javascript_stack: false, shape: ShapeChoice::Auto, reason: String::new() },
        options: Options { ci: Ci::Github, license: License::None },
    }
}
