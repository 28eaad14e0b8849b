//! The table of cases, and what an override does.

use super::sketch;
use crate::advice::{Advice, ChosenBy, Confidence, advise, refuse_unemittable, unemittable};
use crate::product::{Product, Shape};

/// Every section of the article that rules rest on.
const SECTIONS: [&str; 8] = [
    "Performance and concurrency",
    "Developer experience and maintainability",
    "Hiring and team composition",
    "Use cases: when Python is the better fit",
    "Use cases: when Node is the better fit",
    "You do not have to choose only one",
    "How to make the decision",
    "Conclusion",
];

/// Services as `name language/framework: parts`, in their order.
fn services(advice: &Advice) -> Vec<String> {
    let service =
        |s: &crate::advice::Service| format!("{} {}/{}: {}", s.name, s.language, s.framework, s.parts.join(" "));
    advice.services.iter().map(service).collect()
}

fn advice(product: &Product) -> Advice {
    advise(product).unwrap()
}

#[test]
fn the_cases_come_out_as_agreed() {
    let node = |part| vec![format!("realtime node/Fastify: {part}")];
    for (parts, answers, shape, expected) in [
        ("chat", "connections:tens-of-thousands javascript:strong", Shape::Node, node("mast")),
        ("live-dashboard", "connections:thousands python:none", Shape::Node, node("mast")),
        (
            "browser-app + json-api",
            "javascript:strong one-stack",
            Shape::Node,
            vec!["api node/Fastify: keel mast".into()],
        ),
        (
            "data-pipeline + analytics",
            "computation:heavy",
            Shape::Python,
            vec!["data python/FastAPI: keel mast".into()],
        ),
        ("machine-learning", "", Shape::Python, vec!["ml python/FastAPI: mast".into()]),
        ("business-system", "", Shape::Python, vec!["business python/Django: mast".into()]),
        (
            "business-system + machine-learning",
            "",
            Shape::Python,
            vec!["ml python/FastAPI: keel".into(), "business python/Django: mast".into()],
        ),
        ("json-api", "python:strong javascript:none", Shape::Python, vec!["api python/FastAPI: mast".into()]),
        ("json-api", "ai:planned", Shape::Python, vec!["api python/FastAPI: mast".into()]),
        (
            "chat + machine-learning",
            "",
            Shape::Both,
            vec!["realtime node/Fastify: mast".into(), "ml python/FastAPI: keel".into()],
        ),
        (
            "live-dashboard + analytics",
            "connections:tens-of-thousands computation:heavy",
            Shape::Both,
            vec!["realtime node/Fastify: mast".into(), "data python/FastAPI: keel".into()],
        ),
        (
            "browser-app + machine-learning",
            "javascript:strong",
            Shape::Both,
            vec!["web node/Fastify: mast".into(), "ml python/FastAPI: keel".into()],
        ),
        (
            "streaming + business-system",
            "",
            Shape::Both,
            vec!["realtime node/Fastify: mast".into(), "business python/Django: keel".into()],
        ),
    ] {
        let advice = advice(&sketch(parts, answers));
        assert_eq!((advice.shape, services(&advice)), (shape, expected), "{parts}: {answers}");
        assert_eq!((advice.chosen_by, advice.advised), (ChosenBy::Advice, None));
    }
}

#[test]
fn an_ordinary_api_is_a_toss_up() {
    assert_eq!(advice(&sketch("json-api", "")).confidence, Confidence::TossUp);
    assert_eq!(advice(&sketch("chat + machine-learning", "")).confidence, Confidence::Clear);
}

#[test]
fn an_override_wins_and_the_advice_is_still_said() {
    let advice = advice(&sketch("json-api", "ai:planned shape:node"));
    assert_eq!(
        (advice.shape, advice.chosen_by, advice.advised),
        (Shape::Node, ChosenBy::Override, Some(Shape::Python))
    );
    assert_eq!(services(&advice), ["api node/Fastify: mast"]);
    assert_eq!(advice.flips.len(), 1);
}

#[test]
fn a_part_without_a_place_is_refused_with_every_way_out() {
    for (parts, shape, words) in [
        (
            "chat + machine-learning",
            "node",
            ["`keel` (machine-learning)", "shape=both", "shape=auto", "leave `keel` out"],
        ),
        ("chat", "python", ["`mast` (chat)", "shape=node", "shape=auto", "leave `mast` out"]),
        ("browser-app + json-api", "python", ["`mast` (browser-app)", "shape=both", "shape=node", "leave `mast` out"]),
        ("chat", "both", ["no part here is for Python", "shape=node", "shape=auto", "add a part for Python"]),
        ("json-api", "both", ["one service in one language", "shape=node", "shape=python", "add a part"]),
    ] {
        let failure = advise(&sketch(parts, &format!("shape:{shape}"))).unwrap_err();
        let said = format!("{failure}\n{}", failure.hints.join("\n"));
        assert_eq!(failure.kind.exit_code(), 1);
        words.iter().for_each(|word| assert!(said.contains(word), "{parts} as {shape}: no {word} in {said}"));
    }
}

#[test]
fn an_api_stands_where_it_is_needed_or_wanted() {
    for (parts, answers, api) in [
        ("chat + json-api", "shape:both", "api python/FastAPI: keel"),
        ("machine-learning + json-api", "shape:both", "api node/Fastify: keel"),
        ("chat + machine-learning + json-api", "python:strong", "api python/FastAPI: sail"),
        ("chat + machine-learning + json-api", "", "realtime node/Fastify: mast sail"),
        (
            "chat + machine-learning + json-api",
            "python:strong connections:tens-of-thousands",
            "realtime node/Fastify: mast sail",
        ),
        ("chat + machine-learning + json-api", "computation:heavy", "api python/FastAPI: sail"),
    ] {
        let services = services(&advice(&sketch(parts, answers)));
        assert!(services.contains(&api.to_owned()), "{parts} {answers}: {services:?}");
    }
}

#[test]
fn what_has_no_template_yet_is_named() {
    let product = sketch("chat + automation + business-system", "");
    let refused = refuse_unemittable(&product, &advice(&product)).unwrap_err();
    assert_eq!(unemittable(&product, &advice(&product)).len(), 2);
    assert_eq!(
        refused.to_string(),
        "`keel` (automation) and `sail` (business-system) cannot be emitted yet: the templates come later"
    );
    assert!(refused.hints[0].contains("leave `keel` and `sail` out"));
    let whole = sketch("chat + machine-learning", "");
    assert!(refuse_unemittable(&whole, &advice(&whole)).is_ok());
}

#[test]
fn flips_are_said_nearest_first_and_once_for_each_shape() {
    let advice = advice(&sketch("json-api + live-dashboard?", "ai:planned analytics:maybe"));
    let flips: Vec<String> = advice.flips.iter().map(|flip| format!("{}: {}", flip.shape, flip.change)).collect();
    let all = "machine-learning, ai-features, number-crunching, data-pipeline, analytics, content-site, business-system or automation";
    let added = format!("both: a part is added for {all}");
    assert_eq!(flips, ["both: computation is heavy", "python: `keel` is left out", &added]);
}

#[test]
fn every_reason_is_a_sentence_with_a_section_of_the_article() {
    for parts in [
        "chat + streaming + live-dashboard? + browser-app",
        "json-api",
        "machine-learning + analytics + automation",
        "content-site + number-crunching + json-api?",
    ] {
        for answers in
            ["", "connections:tens-of-thousands computation:heavy ai:planned analytics:maybe real-time:maybe one-stack"]
        {
            for reason in advice(&sketch(parts, answers)).reasons {
                assert!(
                    reason.because.ends_with('.') && !reason.because.starts_with(' ') && !reason.because.contains("``")
                );
                assert!(SECTIONS.contains(&reason.source), "{}", reason.source);
            }
        }
    }
}
