//! The words that templates may say: one JSON value, the same names for every product.

use serde_json::{Value, json};

use crate::advice::{Advice, ChosenBy, PerShape, Service, advise};
use crate::blueprint::{Facts, all_facts};
use crate::examples::{EXAMPLES, Example};
use crate::pack::Question;
use crate::product::{Language, Product, Role, Shape, Workload};

/// A product of both languages.
const SAMPLE: &Example = &EXAMPLES[0];

/// Words of the whole repository. `service` joins them where a layer is mounted at one.
pub fn of(product: &Product, advice: &Advice, facts: &Facts) -> Value {
    let services: Vec<Value> = advice.services.iter().map(service).collect();
    let node = advice
        .services
        .iter()
        .zip(&services)
        .find(|(service, _)| service.language == Language::Node)
        .map(|(_, words)| words.clone());
    json!({
        "product": { "name": product.name.as_str(), "slug": product.slug.as_str(), "description": product.description },
        "shape": advice.shape,
        "node": node.unwrap_or(Value::Bool(false)),
        "services": services,
        "parts": parts(product, advice),
        "nouns": nouns(product),
        "noun": noun(product),
        "facts": all_facts().into_iter().map(|fact| (fact.to_owned(), Value::Bool(facts.contains(fact)))).collect::<serde_json::Map<_, _>>(),
        "advice": advice_words(product, advice),
        "answers": {
            "connections": product.load.connections, "computation": product.load.computation,
            "javascript": product.team.javascript, "python": product.team.python, "inTwoYears": product.team.in_two_years,
            "ai": product.roadmap.ai, "analytics": product.roadmap.analytics, "realTime": product.roadmap.real_time,
            "singleJavascriptStack": product.preferences.single_javascript_stack,
        },
        "options": { "ci": product.options.ci, "license": product.options.license },
        "generator": env!("CARGO_PKG_VERSION"),
    })
}

/// Paths that every service has for itself.
const TAKEN: &[&str] = &["assets", "docs", "livez", "metrics", "readyz", "sse", "ws"];

/// Workloads whose paths and channels are called after the part, and what they are called without one.
const NAMED: &[(&str, &[Workload], &str)] = &[
    ("scoring", &[Workload::MachineLearning], "model"),
    ("jobs", &[Workload::NumberCrunching], "computation"),
    ("ai", &[Workload::AiFeatures], "assistant"),
    ("chat", &[Workload::Chat], "chat"),
    ("streaming", &[Workload::Streaming], "streams"),
    ("real-time-api", &[Workload::RealTimeApi], "channels"),
    ("items", &[Workload::JsonApi], "items"),
    ("events", &[Workload::DataPipeline, Workload::Analytics], "events"),
    ("analytics", &[Workload::Analytics, Workload::DataPipeline], "analytics"),
];

/// What paths and channels are called: each after the first part that has to do with it. Types keep the names of their
/// roles, so that code stays as it is.
fn nouns(product: &Product) -> Value {
    let mut nouns: serde_json::Map<_, _> = NAMED
        .iter()
        .map(|(role, workloads, fallback)| {
            let noun = first(product, workloads).unwrap_or_else(|| (*fallback).to_owned());
            ((*role).to_owned(), Value::from(noun))
        })
        .collect();
    let readings = first(product, &[Workload::LiveDashboard]).map_or_else(|| nouns["scoring"].clone(), Value::from);
    nouns.insert("readings".to_owned(), readings);
    if let (None, Some(page)) = (first(product, &[Workload::JsonApi]), first(product, &[Workload::BrowserApp])) {
        nouns.insert("items".to_owned(), Value::from(page));
    }
    nouns.into()
}

/// The noun of the first part with one of these workloads.
fn first(product: &Product, workloads: &[Workload]) -> Option<String> {
    let part = product.parts.iter().find(|part| workloads.contains(&part.workload))?;
    let name = part.name.as_str();
    Some(if TAKEN.contains(&name) { format!("{name}-part") } else { name.to_owned() })
}

/// A noun to show how one is renamed, if the product has any.
fn noun(product: &Product) -> Value {
    let named: Vec<Workload> =
        NAMED.iter().flat_map(|(_, workloads, _)| *workloads).copied().chain([Workload::LiveDashboard]).collect();
    first(product, &named).or_else(|| first(product, &[Workload::BrowserApp])).map_or(Value::Bool(false), Value::from)
}

/// The words with nothing missing: what a template may say for some product, if not for this one.
pub fn schema(words: &Value) -> Value {
    let mut schema = words.clone();
    let service = words["services"][0].clone();
    for name in ["node", "service"] {
        if !schema[name].is_object() {
            schema[name] = service.clone();
        }
    }
    schema
}

/// The words of a product that has everything, to check templates against without a product.
pub fn sample(questions: &[Question]) -> Value {
    let (product, advice) = SAMPLE
        .read()
        .and_then(|answers| answers.product())
        .and_then(|product| advise(&product).map(|advice| (product, advice)))
        .expect("the first example is sound");
    let mut words = of(&product, &advice, &Facts::new());
    let asked = |question: &Question| (question.key.clone(), Value::from(question.default.as_str()));
    words["pack"] = questions.iter().map(asked).collect();
    schema(&words)
}

/// Words of one service.
pub fn service(service: &Service) -> Value {
    json!({
        "name": service.name, "language": service.language, "role": service.role, "framework": service.framework, "parts": service.parts,
        "isNode": service.language == Language::Node, "isPython": service.language == Language::Python,
        "port": port(service), "path": format!("services/{}", service.name),
    })
}

/// The port a service listens on when nobody says another.
pub fn port(service: &Service) -> u16 {
    match (service.language, service.role) {
        (Language::Node, _) => 3000,
        (_, Role::Ml) => 8000,
        (_, Role::Api) => 8001,
        (_, Role::Data) => 8002,
        (_, Role::Business) => 8003,
        (_, _) => 8004,
    }
}

fn parts(product: &Product, advice: &Advice) -> Vec<Value> {
    let holder = |name: &str| advice.services.iter().find(|service| service.parts.iter().any(|part| part == name));
    product
        .parts
        .iter()
        .map(|part| {
            let service = holder(part.name.as_str());
            json!({
                "name": part.name.as_str(), "workload": part.workload, "importance": part.importance,
                "service": service.map_or("", |service| &service.name), "language": service.map_or("", |service| service.language.word()),
            })
        })
        .collect()
}

fn advice_words(product: &Product, advice: &Advice) -> Value {
    let source = |rule: &str| advice.reasons.iter().find(|reason| reason.rule == rule);
    let table: Vec<Value> = advice
        .table
        .iter()
        .map(|row| {
            let PerShape { node, python, both } = row.friction;
            let reason = source(row.rule);
            json!({ "rule": row.rule, "title": row.title, "node": node, "python": python, "both": both,
                    "because": reason.map_or("", |reason| &reason.because), "source": reason.map_or("", |reason| reason.source) })
        })
        .collect();
    let sum = |shape: Shape| match shape {
        Shape::Node => advice.friction.node,
        Shape::Python => advice.friction.python,
        Shape::Both => advice.friction.both,
    };
    json!({
        "shape": advice.shape, "confidence": advice.confidence, "chosenBy": advice.chosen_by,
        "advised": advice.advised.unwrap_or(advice.shape), "reason": product.preferences.reason, "overridden": advice.chosen_by == ChosenBy::Override,
        "friction": Shape::ALL.iter().map(|shape| json!({ "shape": shape, "sum": sum(*shape) })).collect::<Vec<_>>(),
        "table": table, "reasons": advice.reasons, "flips": advice.flips,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::reader;

    fn words(parts: &[(&str, &str)]) -> Value {
        let mut answers = crate::product::answers::Answers::default();
        reader::set(&mut answers, "product.name=Nouns").unwrap();
        for (name, workload) in parts {
            reader::set(&mut answers, &format!("parts.{name}.workload={workload}")).unwrap();
        }
        let product = answers.product().unwrap();
        json!([nouns(&product), noun(&product)])
    }

    #[test]
    fn paths_are_called_after_the_first_part_that_has_to_do_with_them() {
        let words = words(&[("orders", "json-api"), ("invoices", "json-api"), ("mood", "machine-learning")]);
        assert_eq!(words[0]["items"], "orders");
        assert_eq!(words[0]["readings"], "mood", "readings without a dashboard are the model's");
        assert_eq!(words[1], "orders");
    }

    #[test]
    fn no_part_takes_a_path_that_every_service_has() {
        assert_eq!(words(&[("docs", "json-api")])[0]["items"], "docs-part");
    }

    #[test]
    fn items_are_called_after_the_page_when_there_is_no_api_to_call_them_after() {
        let page = ("site", "browser-app");
        let (alone, with_api) = (words(&[page]), words(&[page, ("orders", "json-api")]));
        assert_eq!([&alone[0]["items"], &alone[1]], ["site", "site"]);
        assert_eq!([&with_api[0]["items"], &with_api[1]], ["orders", "orders"]);
    }

    #[test]
    fn numbers_alone_have_nothing_to_rename() {
        assert_eq!(words(&[("books", "business-system")])[1], false);
    }
}
