//! What single changed answer would change the shape, found by trying every one.

use super::rules::RULES;
use super::say::{amount, knows, listed};
use super::work::Work;
use super::{Flip, weigh};
use crate::name::PartName;
use crate::product::{
    Computation, Connections, Importance, Outlook, Part, Product, Shape, ShapeChoice, Skill, TeamAhead, Workload,
};

/// One changed answer.
struct Change {
    /// The changed product.
    product: Product,
    /// How far it lies from what was answered.
    steps: usize,
    /// The change, as a person would say it.
    said: String,
}

/// Everything that leads to another shape; the nearest first.
///
/// Where the owner chose the shape, no answer changes it any more, except leaving it to the advice.
pub fn flips(product: &Product, shape: Shape, advised: Shape) -> Vec<Flip> {
    if product.preferences.shape != ShapeChoice::Auto {
        let change = "the shape is left to the advice".to_owned();
        return (shape != advised).then_some(Flip { change, shape: advised }).into_iter().collect();
    }
    let mut flips: Vec<(usize, Flip)> = Vec::new();
    for mut alternatives in answers(product).into_iter().chain(parts(product)) {
        alternatives.sort_by_key(|change| change.steps);
        let mut told = vec![shape];
        for Change { product, steps, said } in alternatives {
            let leads_to = leads_to(&product);
            if !told.contains(&leads_to) {
                told.push(leads_to);
                flips.push((steps, Flip { change: said, shape: leads_to }));
            }
        }
    }
    flips.sort_by_key(|(steps, _)| *steps);
    flips.into_iter().map(|(_, flip)| flip).chain(additions(product, shape)).collect()
}

fn leads_to(product: &Product) -> Shape {
    weigh(Work { product }, RULES).smallest()
}

/// One list for each answer about load, team, roadmap and wishes: all other words for it.
fn answers(product: &Product) -> Vec<Vec<Change>> {
    let Product { load, team, roadmap, preferences, .. } = product;
    let outlook = |what: &'static str, now: Outlook, set: fn(&mut Product, Outlook)| {
        others(product, Outlook::ALL, now, set, move |to| coming(what, to))
    };
    let skill = |language: &'static str, now: Skill, set: fn(&mut Product, Skill)| {
        others(product, Skill::ALL, now, set, move |to| format!("the team {}", knows(to, language)))
    };
    vec![
        others(
            product,
            Connections::ALL,
            load.connections,
            |p, to| p.load.connections = to,
            |to| format!("{} of connections are open at once", amount(to)),
        ),
        others(
            product,
            Computation::ALL,
            load.computation,
            |p, to| p.load.computation = to,
            |to| format!("computation is {to}"),
        ),
        skill("JavaScript", team.javascript, |p, to| p.team.javascript = to),
        skill("Python", team.python, |p, to| p.team.python = to),
        others(product, TeamAhead::ALL, team.in_two_years, |p, to| p.team.in_two_years = to, ahead),
        outlook("AI", roadmap.ai, |p, to| p.roadmap.ai = to),
        outlook("analytics", roadmap.analytics, |p, to| p.roadmap.analytics = to),
        outlook("real-time interactivity", roadmap.real_time, |p, to| p.roadmap.real_time = to),
        others(product, &[false, true], preferences.single_javascript_stack, wish, |to| {
            format!("one JavaScript stack is {}", if to { "wanted" } else { "not asked for" })
        }),
    ]
}

fn others<T: Copy + PartialEq>(
    product: &Product,
    all: &[T],
    now: T,
    set: impl Fn(&mut Product, T),
    say: impl Fn(T) -> String,
) -> Vec<Change> {
    let here = all.iter().position(|word| *word == now).unwrap_or_default();
    let change = |(there, to): (usize, &T)| {
        let mut product = product.clone();
        set(&mut product, *to);
        Change { product, steps: here.abs_diff(there), said: say(*to) }
    };
    all.iter().enumerate().filter(|(there, _)| *there != here).map(change).collect()
}

/// One list for each part: its other importance, and the product without it.
fn parts(product: &Product) -> Vec<Vec<Change>> {
    let mut lists = Vec::new();
    for (index, part) in product.parts.iter().enumerate() {
        let set = |p: &mut Product, to| p.parts[index].importance = to;
        lists.push(others(product, Importance::ALL, part.importance, set, |to| match to {
            Importance::Core => format!("`{}` becomes core", part.name),
            Importance::Supporting => format!("`{}` only supports the rest", part.name),
        }));
        let mut without = product.clone();
        without.parts.remove(index);
        if !without.parts.is_empty() {
            lists.push(vec![Change { product: without, steps: 2, said: format!("`{}` is left out", part.name) }]);
        }
    }
    lists
}

/// One flip for each shape that another core part leads to.
fn additions(product: &Product, shape: Shape) -> Vec<Flip> {
    let Ok(name) = PartName::new("another") else { return Vec::new() };
    let with = |workload: Workload| {
        let mut product = product.clone();
        product.parts.push(Part { name: name.clone(), workload, importance: Importance::Core });
        leads_to(&product)
    };
    let reached: Vec<(Workload, Shape)> = Workload::ALL.iter().map(|workload| (*workload, with(*workload))).collect();
    let flip = |to: &Shape| {
        let workloads = reached.iter().filter(|(_, shape)| shape == to).map(|(workload, _)| workload.word());
        let workloads: Vec<&str> = workloads.collect();
        let change = format!("a part is added for {}", listed(&workloads, "or"));
        (*to != shape && !workloads.is_empty()).then_some(Flip { change, shape: *to })
    };
    Shape::ALL.iter().filter_map(flip).collect()
}

fn wish(product: &mut Product, single_javascript_stack: bool) {
    product.preferences.single_javascript_stack = single_javascript_stack;
}

fn ahead(team: TeamAhead) -> String {
    let team = match team {
        TeamAhead::FullStackJavascript => "one JavaScript team from browser to server",
        TeamAhead::Mixed => "a mix of both",
        TeamAhead::DataAndAi => "made of people for data and AI",
    };
    format!("in two years the team is {team}")
}

fn coming(what: &str, outlook: Outlook) -> String {
    match outlook {
        Outlook::No => format!("{what} is off the roadmap"),
        Outlook::Maybe => format!("{what} is a maybe"),
        Outlook::Planned => format!("{what} is planned"),
    }
}
