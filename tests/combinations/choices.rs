//! Every answer that leads to another tree, but for names and the prose of the decision.

#![allow(dead_code, missing_docs, reason = "every test file uses its own part of this")]

use std::collections::BTreeMap;
use std::fmt;

use duostack::advice::{Advice, advise, refuse_unemittable};
use duostack::blueprint;
use duostack::catalogue::Catalogue;
use duostack::product::answers::Answers;
use duostack::product::{Ci, Language, License, Product, Workload, reader};
use duostack::render::render;
use duostack::tree::Tree;

/// The workloads that can be emitted and stand in one language, whatever the rest of the product is.
pub const SETTLED: &[Workload] = &[
    Workload::Chat,
    Workload::LiveDashboard,
    Workload::RealTimeApi,
    Workload::Streaming,
    Workload::BrowserApp,
    Workload::MachineLearning,
    Workload::AiFeatures,
    Workload::NumberCrunching,
    Workload::DataPipeline,
    Workload::Analytics,
];
/// How many of those are Node's.
pub const IN_NODE: usize = 5;

/// What decides a tree: the workloads, the language of the JSON API (the only one that either may hold), the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// One bit for each of the settled workloads.
    pub settled: usize,
    /// Where the JSON API stands, if there is one.
    pub api: Option<Language>,
    pub ci: &'static str,
    pub license: &'static str,
}

impl Choice {
    /// Every product, without options: 3 × 2¹⁰ − 1.
    pub fn all() -> impl Iterator<Item = Self> {
        let apis = [None, Some(Language::Node), Some(Language::Python)];
        let every = move |settled| apis.map(|api| Self { settled, api, ci: "none", license: "none" });
        (0..1 << SETTLED.len()).flat_map(every).skip(1)
    }

    /// Every pair of options.
    pub fn options() -> impl Iterator<Item = (&'static str, &'static str)> {
        Ci::WORDS.iter().flat_map(|ci| License::WORDS.iter().map(|license| (*ci, *license)))
    }

    pub fn with(self, (ci, license): (&'static str, &'static str)) -> Self {
        Self { ci, license, ..self }
    }

    pub fn has(&self, workload: Workload) -> bool {
        match SETTLED.iter().position(|settled| *settled == workload) {
            Some(bit) => self.settled >> bit & 1 == 1,
            None => workload == Workload::JsonApi && self.api.is_some(),
        }
    }

    pub fn workloads(&self) -> Vec<Workload> {
        let api = self.api.map(|_| Workload::JsonApi);
        SETTLED.iter().filter(|workload| self.has(**workload)).copied().chain(api).collect()
    }

    /// `node`, `python` or `both`.
    pub fn shape(&self) -> &'static str {
        let node = self.settled & ((1 << IN_NODE) - 1) != 0 || self.api == Some(Language::Node);
        let python = self.settled >> IN_NODE != 0 || self.api == Some(Language::Python);
        match (node, python) {
            (true, true) => "both",
            (true, false) => "node",
            _ => "python",
        }
    }

    /// What `--set` takes.
    pub fn settings(&self) -> Vec<String> {
        let parts = self.workloads().into_iter().map(|workload| format!("parts.the-{workload}.workload={workload}"));
        // Where both sides have parts anyway, the API follows what the team knows.
        let in_python = self.api == Some(Language::Python);
        let (javascript, python) = if in_python { ("none", "strong") } else { ("strong", "none") };
        let others = [
            "product.name=Every \"Last\" One".to_owned(),
            format!("team.javascript={javascript}"),
            format!("team.python={python}"),
            format!("preferences.shape={}", self.shape()),
            format!("options.ci={}", self.ci),
            format!("options.license={}", self.license),
        ];
        parts.chain(others).collect()
    }

    pub fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        self.settings().iter().for_each(|setting| reader::set(&mut answers, setting).unwrap());
        answers
    }

    /// The product, advised for.
    pub fn product(&self) -> (Answers, Product, Advice) {
        let answers = self.answers();
        let product = answers.product().unwrap();
        let advice = advise(&product).unwrap();
        refuse_unemittable(&product, &advice).unwrap();
        (answers, product, advice)
    }

    /// What a pack without questions emits.
    pub fn tree(&self, catalogue: &Catalogue) -> Tree {
        let (_, product, advice) = self.product();
        let drawn = blueprint::draw(&product, &advice, catalogue, &BTreeMap::new());
        render(&drawn, &advice, &catalogue.supersets).unwrap()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.workloads().iter().map(|workload| workload.word()).collect();
        write!(to, "{}: {}, ci {}, licence {}", self.shape(), words.join(" + "), self.ci, self.license)
    }
}
