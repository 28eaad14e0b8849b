//! Laws over thousands of products, drawn by a fixed sequence: the same ones on every run and machine.

use super::{blank, part_name, set, sketch};
use crate::advice::rules::{RULES, Rule};
use crate::advice::work::{Work, home};
use crate::advice::{Advice, PerShape, advise, services, weigh};
use crate::name::{PartName, ProductName};
use crate::product::*;

/// Numbers that look random (SplitMix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Any product of one to four parts, small ones more often.
    fn product(&mut self) -> Product {
        let mut product = blank();
        for index in 0..=self.below(4).min(self.below(4)) {
            let (workload, importance) = (self.one_of(Workload::ALL), self.one_of(Importance::ALL));
            product.parts.push(Part { name: part_name(index), workload, importance });
        }
        product.load = Load { connections: self.one_of(Connections::ALL), computation: self.one_of(Computation::ALL) };
        let [javascript, python] = [(); 2].map(|()| self.one_of(Skill::ALL));
        product.team = Team { javascript, python, in_two_years: self.one_of(TeamAhead::ALL) };
        let [ai, analytics, real_time] = [(); 3].map(|()| self.one_of(Outlook::ALL));
        product.roadmap = Roadmap { ai, analytics, real_time };
        product.preferences.single_javascript_stack = self.below(3) == 0;
        product
    }
}

fn products(count: usize) -> impl Iterator<Item = Product> {
    let mut draw = Draw(2026);
    (0..count).map(move |_| draw.product())
}

fn shape(product: &Product) -> Shape {
    weigh(Work { product }, RULES).smallest()
}

/// How far a shape lies towards Python.
fn pythonic(shape: Shape) -> u8 {
    match shape {
        Shape::Node => 0,
        Shape::Both => 1,
        Shape::Python => 2,
    }
}

fn next<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|word| *word == now).unwrap();
    all[(at + 1).min(all.len() - 1)]
}

/// Every product that is one step nearer to a language: a part of its own more or weightier, and answers raised.
fn steps(product: &Product, to: Language) -> Vec<Product> {
    let with = |change: &dyn Fn(&mut Product)| {
        let mut next = product.clone();
        change(&mut next);
        next
    };
    let own = Workload::ALL.iter().filter(|workload| home(**workload) == Some(to));
    let joined = own.flat_map(|workload| Importance::ALL.iter().map(move |importance| (*workload, *importance)));
    let mut steps: Vec<Product> = joined
        .map(|(workload, importance)| with(&|p| p.parts.push(Part { name: part_name(7), workload, importance })))
        .collect();
    for index in (0..product.parts.len()).filter(|index| home(product.parts[*index].workload) == Some(to)) {
        steps.push(with(&|p| p.parts[index].importance = Importance::Core));
    }
    steps.extend(match to {
        Language::Python => vec![
            with(&|p| p.load.computation = next(Computation::ALL, p.load.computation)),
            with(&|p| p.team.python = next(Skill::ALL, p.team.python)),
            with(&|p| p.team.in_two_years = next(TeamAhead::ALL, p.team.in_two_years)),
            with(&|p| p.roadmap.ai = next(Outlook::ALL, p.roadmap.ai)),
            with(&|p| p.roadmap.analytics = next(Outlook::ALL, p.roadmap.analytics)),
        ],
        Language::Node => vec![
            with(&|p| p.load.connections = next(Connections::ALL, p.load.connections)),
            with(&|p| p.team.javascript = next(Skill::ALL, p.team.javascript)),
            with(&|p| p.roadmap.real_time = next(Outlook::ALL, p.roadmap.real_time)),
            with(&|p| p.preferences.single_javascript_stack = true),
        ],
    });
    steps
}

/// Both laws that a product's neighbours can break: nothing for Python leads away from Python, nor for Node from Node.
fn ensure_monotone(product: &Product) {
    let before = pythonic(shape(product));
    for after in steps(product, Language::Python) {
        assert!(pythonic(shape(&after)) >= before, "away from Python:\n{product:?}\n{after:?}");
    }
    for after in steps(product, Language::Node) {
        assert!(pythonic(shape(&after)) <= before, "away from Node:\n{product:?}\n{after:?}");
    }
}

fn ensure_placed(product: &Product) {
    assert!(services::fits(Work { product }, shape(product)), "{product:?}");
}

fn ensure_lawful(product: &Product) {
    ensure_monotone(product);
    ensure_placed(product);
}

#[test]
fn each_rule_decides_some_product() {
    for (index, rule) in RULES.iter().enumerate() {
        let others: Vec<&Rule> = [&RULES[..index], &RULES[index + 1..]].concat();
        let decides = |product: &Product| weigh(Work { product }, &others).smallest() != shape(product);
        assert!(products(20_000).any(|product| decides(&product)), "`{}` decides nothing", rule.name);
    }
}

#[test]
fn what_favours_a_language_never_leads_away_from_it() {
    products(4_000).for_each(|product| ensure_monotone(&product));
}

#[test]
fn every_part_has_a_place_in_the_advised_shape() {
    products(20_000).for_each(|product| ensure_placed(&product));
}

#[test]
fn order_and_description_change_nothing() {
    for product in products(2_000) {
        let mut turned = product.clone();
        turned.parts.reverse();
        turned.description = "Said in other words".to_owned();
        turned.name = ProductName::new("Other").unwrap();
        assert_eq!(advise(&product).unwrap(), advise(&turned).unwrap());
    }
}

#[test]
fn names_change_only_the_names_in_the_answer() {
    for product in products(2_000) {
        let mut renamed = product.clone();
        for (index, part) in renamed.parts.iter_mut().enumerate() {
            part.name = PartName::new(&format!("part-{index}")).unwrap();
        }
        let [before, after] = [&product, &renamed].map(|product| advise(product).unwrap());
        let places =
            |advice: &Advice| advice.services.iter().map(|s| (s.name.clone(), s.parts.len())).collect::<Vec<_>>();
        let rules = |advice: &Advice| advice.reasons.iter().map(|r| (r.rule, r.favours, r.weight)).collect::<Vec<_>>();
        assert_eq!((before.shape, before.confidence, before.friction), (after.shape, after.confidence, after.friction));
        assert_eq!(
            (places(&before), rules(&before), before.table.len()),
            (places(&after), rules(&after), after.table.len())
        );
    }
}

#[test]
fn the_table_adds_up_and_flips_lead_elsewhere() {
    for product in products(2_000) {
        let advice = advise(&product).unwrap();
        let sum = advice.table.iter().fold(PerShape::default(), |sum, row| sum + row.friction);
        assert_eq!((sum, sum.smallest()), (advice.friction, advice.shape));
        assert!(advice.flips.iter().all(|flip| flip.shape != advice.shape), "{:?}", advice.flips);
        let placed: usize = advice.services.iter().map(|service| service.parts.len()).sum();
        assert_eq!(placed, product.parts.len());
    }
}

/// Half a minute when optimised, for whoever changes a weight: `cargo test --release every_answer -- --ignored`.
#[test]
#[ignore = "long"]
fn every_answer_to_every_mixture_obeys_the_laws() {
    for node in ["", "chat?", "chat", "browser-app?", "chat? + browser-app?"] {
        for python in [
            "",
            "content-site?",
            "machine-learning?",
            "automation?",
            "number-crunching",
            "data-pipeline? + content-site",
        ] {
            for api in ["", "json-api"] {
                let parts = [node, python, api].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
                if !parts.is_empty() {
                    every_answer(&sketch(&parts.join(" + "), "")).iter().for_each(ensure_lawful);
                }
            }
        }
    }
}

fn every_answer(base: &Product) -> Vec<Product> {
    let keys: [(&str, &[&str]); 8] = [
        ("connections", Connections::WORDS),
        ("computation", Computation::WORDS),
        ("javascript", Skill::WORDS),
        ("python", Skill::WORDS),
        ("in-two-years", TeamAhead::WORDS),
        ("ai", Outlook::WORDS),
        ("analytics", Outlook::WORDS),
        ("real-time", Outlook::WORDS),
    ];
    let mut all = vec![base.clone()];
    for (key, words) in keys {
        let vary = |product: &Product| {
            let varied = |word: &&str| {
                let mut product = product.clone();
                set(&mut product, &format!("{key}:{word}"));
                product
            };
            words.iter().map(varied).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(vary).collect();
    }
    let wishing = all.clone().into_iter().map(|mut product| {
        product.preferences.single_javascript_stack = true;
        product
    });
    wishing.chain(all.clone()).collect()
}
