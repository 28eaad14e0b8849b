//! Every subset of the workloads that can be emitted renders, and what it emits parses in its own language.

use duostack::advice::{advise, refuse_unemittable};
use duostack::catalogue::Catalogue;
use duostack::emission::Emission;
use duostack::product::answers::Answers;
use duostack::product::{Ci, License, Workload, reader};

const EMITTABLE: &[Workload] = &[
    Workload::Chat,
    Workload::LiveDashboard,
    Workload::RealTimeApi,
    Workload::Streaming,
    Workload::BrowserApp,
    Workload::JsonApi,
    Workload::MachineLearning,
    Workload::AiFeatures,
    Workload::NumberCrunching,
    Workload::DataPipeline,
];
/// What stands for the last of them, by turns: both are parts of one service.
const DATA: &[&[Workload]] =
    &[&[Workload::DataPipeline], &[Workload::Analytics], &[Workload::Analytics, Workload::DataPipeline]];

/// Words of the forecast, which machine-learning alone brings along.
const FORECAST: &[&str] = &[
    "forecast",
    "scoring",
    "scored",
    "/score",
    "app.retrain",
    "app.train",
    "tasks.py train",
    "scikit-learn",
    "watch_page",
];

/// Answers for one subset; options take turns, so that each meets every workload.
fn answers(subset: usize) -> Answers {
    let mut answers = Answers::default();
    let mut set = |text: String| reader::set(&mut answers, &text).unwrap();
    set("product.name=Every \"Last\" One".to_owned());
    for workload in EMITTABLE.iter().enumerate().filter(|(bit, _)| subset >> bit & 1 == 1).map(|(_, workload)| workload)
    {
        let turn = if *workload == Workload::DataPipeline { DATA[subset / 27 % 3] } else { &[*workload] };
        for workload in turn {
            set(format!("parts.the-{workload}.workload={workload}"));
        }
    }
    set(format!("options.ci={}", Ci::WORDS[subset % 3]));
    set(format!("options.license={}", License::WORDS[subset / 3 % 3]));
    set(format!("team.python={}", ["some", "strong", "none"][subset / 9 % 3]));
    answers
}

#[test]
fn every_subset_renders_and_parses() {
    let catalogue = Catalogue::built_in().unwrap();
    let mut shapes = std::collections::BTreeSet::new();
    for subset in 1..1 << EMITTABLE.len() {
        let answers = answers(subset);
        let product = answers.product().unwrap();
        let advice = advise(&product).unwrap();
        refuse_unemittable(&product, &advice).unwrap();
        let emission = Emission::of(&product, &advice, &answers, &catalogue)
            .unwrap_or_else(|failure| panic!("{subset:b}: {failure} {:?}", failure.hints));
        shapes.insert(advice.shape);
        // Each kind of part brings files of its own; a product of all kinds is the largest.
        assert!(emission.tree.len() < 410, "{subset:b} emits {} files", emission.tree.len());
        let has = |workload| product.parts.iter().any(|part| part.workload == workload);
        let lists = emission.tree.iter().filter(|(path, _)| path.ends_with("src/panels/items.ts")).count();
        assert!(lists == 1 || !has(Workload::BrowserApp) || has(Workload::JsonApi), "{subset:b}: a page has a list");
        for (path, entry) in emission.tree.iter() {
            if let Ok(text) = std::str::from_utf8(entry.content.bytes()) {
                parses(&format!("{subset:b} {path}"), path, text);
                if !has(Workload::MachineLearning) {
                    // The chart of readings has a place for forecasts, whoever makes them.
                    is_free_of(if path.starts_with("web/") { &FORECAST[1..] } else { FORECAST }, path, text);
                }
                if !has(Workload::MachineLearning) && !has(Workload::AiFeatures) {
                    is_free_of(&["onnxruntime"], path, text);
                }
            }
        }
        let again = reader::read(&emission.answers, "duostack.toml").and_then(|answers| answers.product()).unwrap();
        assert_eq!(again, product, "the recorded answers are the answers");
    }
    assert_eq!(shapes.len(), 3, "every shape was advised for some subset");
}

fn is_free_of(words: &[&str], path: &str, text: &str) {
    let place = format!("{path}\n{text}").to_lowercase();
    let found = words.iter().find(|word| place.contains(**word));
    assert!(found.is_none(), "{path} says `{}`, of a part that the product does not have", found.unwrap());
}

fn parses(place: &str, path: &str, text: &str) {
    let strict_json =
        path.ends_with(".json") && !path.ends_with("tsconfig.json") && !path.ends_with("devcontainer.json");
    if strict_json {
        serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{place}: {error}\n{text}"));
    } else if path.ends_with(".toml") {
        text.parse::<toml_edit::DocumentMut>().unwrap_or_else(|error| panic!("{place}: {error}"));
    } else if path.ends_with(".yaml") || path.ends_with(".yml") {
        yaml_rust2::YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{place}: {error}"));
    }
    let leftover = text
        .lines()
        .find(|line| line.contains("{{") && !line.contains("${{") && !path.ends_with(".ts") && !path.ends_with(".py"));
    assert!(leftover.is_none(), "{place}: a leftover placeholder: {leftover:?}");
}
