//! Rules that favour what the team knows, both languages, or neither.

use super::{CLEAR, CORE, Rule, WEAK, felt};
use crate::advice::PerShape;
use crate::advice::say::{knows, names, they};
use crate::advice::work::any_core;
use crate::product::{Language, Skill, Team, TeamAhead};

pub static TEAM: Rule = Rule {
    name: "team",
    title: "what the team knows, now and in two years",
    source: "Hiring and team composition",
    weight: CLEAR,
    friction: |work, weight| {
        let team = work.product.team;
        let (node, python) = (gap(team.javascript, weight), gap(team.python, weight));
        let both = node + python;
        felt(match team.in_two_years {
            TeamAhead::FullStackJavascript => PerShape { node, python: python + WEAK, both },
            TeamAhead::Mixed => PerShape { node, python, both },
            TeamAhead::DataAndAi => PerShape { node: node + WEAK, python, both },
        })
    },
    because: |work| {
        let team = work.product.team;
        let ahead = match team.in_two_years {
            TeamAhead::FullStackJavascript => "one JavaScript team from browser to server",
            TeamAhead::Mixed => "a mixed team",
            TeamAhead::DataAndAi => "a team for data and AI",
        };
        format!("today the team {}, and in two years it will be {ahead}", knowledge(team))
    },
};

pub static TWO_SIDES: Rule = Rule {
    name: "two-sides",
    title: "each side in its own language",
    source: "You do not have to choose only one",
    weight: CLEAR + 2,
    friction: |work, weight| {
        let sides = [Language::Node, Language::Python].map(|language| work.bound_to(language));
        let friction = weight + if sides.iter().all(|side| any_core(side)) { CORE } else { 0 };
        let speaks = sides.iter().all(|side| !side.is_empty());
        speaks.then_some(PerShape { node: friction, python: friction, both: 0 })
    },
    because: |work| {
        let [node, python] = [Language::Node, Language::Python].map(|language| work.bound_to(language));
        format!(
            "{} for Node and {} for Python, and a contract between them lets each have its own",
            they(&node, "asks", "ask"),
            names(&python)
        )
    },
};

pub static CLOSE_CALL: Rule = Rule {
    name: "close-call",
    title: "nothing speaks loudly, the team decides",
    source: "Conclusion",
    weight: 2,
    friction: |work, weight| {
        let Team { javascript, python, .. } = work.product.team;
        let tip = |loses: bool| if loses { weight } else { 0 };
        work.is_quiet().then(|| PerShape { node: tip(javascript < python), python: tip(python < javascript), both: 0 })
    },
    because: |work| {
        let Team { javascript, python, .. } = work.product.team;
        let end = if javascript == python {
            "is the team's to take"
        } else {
            "goes to the language that the team knows better"
        };
        format!(
            "nothing asked of {} speaks loudly, either language would succeed, and the close call {end}",
            names(&work.apis())
        )
    },
};

pub static SECOND_LANGUAGE: Rule = Rule {
    name: "second-language",
    title: "what a second language costs",
    source: "Developer experience and maintainability",
    weight: CLEAR + 2,
    friction: |work, weight| {
        let idle = if work.has_two_sides() { 0 } else { weight };
        felt(PerShape { both: weight + idle, ..PerShape::default() })
    },
    because: |work| match work.has_two_sides() {
        true => "a second language brings a second toolchain, and a contract between the two to keep".to_owned(),
        false => "a second language would bring its toolchain and have nothing to do here".to_owned(),
    },
};

/// What it weighs to work in a language that the team does not know, or not well.
fn gap(skill: Skill, weight: u32) -> u32 {
    match skill {
        Skill::None => weight,
        Skill::Some => weight / 2,
        Skill::Strong => 0,
    }
}

fn knowledge(team: Team) -> String {
    match (team.javascript, team.python) {
        (Skill::None, Skill::None) => "knows neither JavaScript nor Python".to_owned(),
        (Skill::Some, Skill::Some) => "knows some JavaScript and some Python".to_owned(),
        (Skill::Strong, Skill::Strong) => "is strong in both JavaScript and Python".to_owned(),
        (javascript, python) => format!("{} and {}", knows(javascript, "JavaScript"), knows(python, "Python")),
    }
}
