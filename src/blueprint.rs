//! Product + Advice → Blueprint: which layers, mounted where, with which words. The only place that knows "when".

use std::collections::BTreeSet;

use serde_json::Value;

use crate::advice::{Advice, Service};
use crate::catalogue::{Catalogue, Layer};
use crate::pack::PackAnswers;
use crate::product::{Language, Product, Role, Workload};
use crate::words;

/// Where a layer's files land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mount {
    /// The root.
    Repository,
    /// `contract/`.
    Contract,
    /// `web/`, the page that the Node service serves.
    Web,
    /// The folder of every service of a language, or of one role in it.
    Service(Language, Option<Role>),
}

impl Mount {
    /// The mount with that word: `repository`, `contract`, `web`, `node`, `python-ml`, …
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "repository" => Some(Mount::Repository),
            "contract" => Some(Mount::Contract),
            "web" => Some(Mount::Web),
            _ => match word.split_once('-') {
                None => Some(Mount::Service(Language::from_word(word)?, None)),
                Some((language, role)) => {
                    Some(Mount::Service(Language::from_word(language)?, Some(Role::from_word(role)?)))
                }
            },
        }
    }

    /// Every word that names a mount.
    pub fn words() -> Vec<String> {
        let roles = Language::WORDS
            .iter()
            .flat_map(|language| Role::WORDS.iter().map(move |role| format!("{language}-{role}")));
        ["repository", "contract", "web", "node", "python"].into_iter().map(str::to_owned).chain(roles).collect()
    }
}

/// Facts beside the workloads and options that a layer's name may depend on.
const DERIVED_FACTS: &[&str] = &[
    "node",
    "python",
    "both",
    "alone",
    "page",
    "realtime",
    "readings",
    "scoring",
    "outbox",
    "keeps",
    "ml",
    "onnx",
    "jobs",
    "ai",
    "forwards",
    "data",
    "api",
    "items",
    "own-items",
    "store",
    "github",
    "gitlab",
    "mit",
    "apache-2.0",
];

/// Every fact, for messages.
pub fn all_facts() -> Vec<&'static str> {
    DERIVED_FACTS.iter().chain(Workload::WORDS).copied().collect()
}

/// Whether a word is a fact.
pub fn is_fact(word: &str) -> bool {
    DERIVED_FACTS.contains(&word) || Workload::WORDS.contains(&word)
}

/// Facts that hold.
pub type Facts = BTreeSet<&'static str>;

/// One layer to render, where, and with which words.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// Prefix of every emitted path: empty, or ending in a slash.
    pub prefix: String,
    /// The service whose words it sees; index into the advice's services.
    pub service: Option<usize>,
}

/// Everything that rendering needs.
#[derive(Clone, Debug)]
pub struct Blueprint<'a> {
    /// In order of rank: what comes later replaces what came before.
    pub steps: Vec<Step<'a>>,
    /// What the templates may say, without `service`.
    pub words: serde_json::Value,
}

/// Lists the layers that apply.
pub fn draw<'a>(product: &Product, advice: &Advice, catalogue: &'a Catalogue, pack: &PackAnswers) -> Blueprint<'a> {
    let whole = facts(product, &advice.services);
    let asked: BTreeSet<String> = pack.iter().map(|(key, text)| format!("{key}-{text}")).collect();
    let mut steps = Vec::new();
    for layer in &catalogue.layers {
        for (prefix, service) in places(layer.mount, &advice.services) {
            let held = service.map_or_else(|| whole.clone(), |index| scoped(&whole, product, &advice.services[index]));
            if layer.facts.iter().all(|fact| held.contains(fact.as_str()) || asked.contains(fact)) {
                steps.push(Step { layer, prefix, service });
            }
        }
    }
    let mut words = words::of(product, advice, &whole);
    words["pack"] = pack.iter().map(|(key, text)| (key.clone(), Value::from(text.as_str()))).collect();
    Blueprint { steps, words }
}

/// Where a mount stands: prefix and service, once for each service it covers.
fn places(mount: Mount, services: &[Service]) -> Vec<(String, Option<usize>)> {
    let folders = |wanted: &dyn Fn(&Service) -> bool| {
        services
            .iter()
            .enumerate()
            .filter(|(_, service)| wanted(service))
            .map(|(index, service)| (format!("services/{}/", service.name), Some(index)))
            .collect()
    };
    let node = services.iter().position(|service| service.language == Language::Node);
    match mount {
        Mount::Repository => vec![(String::new(), None)],
        Mount::Contract => vec![("contract/".to_owned(), None)],
        Mount::Web => node.map(|index| ("web/".to_owned(), Some(index))).into_iter().collect(),
        Mount::Service(language, None) => folders(&|service| service.language == language),
        Mount::Service(language, Some(role)) => {
            folders(&|service| service.language == language && service.role == role)
        }
    }
}

/// Facts of the whole product.
fn facts(product: &Product, services: &[Service]) -> Facts {
    let mut facts: Facts = product.parts.iter().map(|part| part.workload.word()).collect();
    let speaks = |language| services.iter().any(|service| service.language == language);
    let python_role =
        |role| services.iter().any(|service| service.language == Language::Python && service.role == role);
    let (node, python, ml) = (speaks(Language::Node), speaks(Language::Python), python_role(Role::Ml));
    let real_time = [Workload::Chat, Workload::LiveDashboard, Workload::RealTimeApi, Workload::Streaming]
        .iter()
        .any(|workload| facts.contains(workload.word()));
    let learns = ml && facts.contains(Workload::MachineLearning.word());
    let scoring = node && learns;
    let jobs = ml && facts.contains(Workload::NumberCrunching.word());
    let ai = ml && facts.contains(Workload::AiFeatures.word());
    let readings = node && (scoring || facts.contains(Workload::LiveDashboard.word()));
    // Python services that Node forwards readings to.
    let outbox = scoring || (readings && python_role(Role::Data));
    let in_node = |workload| {
        product.parts.iter().filter(|part| part.workload == workload).any(|part| {
            services.iter().any(|service| {
                service.language == Language::Node && service.parts.iter().any(|name| name == part.name.as_str())
            })
        })
    };
    // A page needs something to show a form and a list of, unless a Python service has that.
    let has_items = facts.contains(Workload::JsonApi.word());
    let own_items = in_node(Workload::JsonApi) || (in_node(Workload::BrowserApp) && !has_items);
    let store = own_items || in_node(Workload::Chat);
    let derived = [
        ("node", node),
        ("python", python),
        ("both", node && python),
        ("alone", !(node && python)),
        ("ml", ml),
        // What it serves by is a file that ONNX Runtime runs.
        ("onnx", learns || ai),
        ("jobs", jobs),
        ("ai", ai),
        // What the page asks of Python goes through Node.
        ("forwards", node && (jobs || ai)),
        ("data", python_role(Role::Data)),
        ("api", python_role(Role::Api)),
        ("scoring", scoring),
        ("realtime", node && (real_time || scoring)),
        ("readings", readings),
        ("outbox", outbox),
        ("store", store),
        ("keeps", store || outbox),
        ("items", own_items || has_items),
        ("own-items", own_items),
    ];
    facts.extend(derived.iter().filter(|(_, holds)| *holds).map(|(fact, _)| fact));
    facts
        .extend([product.options.ci.word(), product.options.license.word()].into_iter().filter(|word| *word != "none"));
    facts
}

/// For one service: the same facts, but only its own workloads, and whether it shows a page of its own.
fn scoped(whole: &Facts, product: &Product, service: &Service) -> Facts {
    let own: BTreeSet<&str> = product
        .parts
        .iter()
        .filter(|part| service.parts.iter().any(|name| name == part.name.as_str()))
        .map(|part| part.workload.word())
        .collect();
    let page = whole.contains("alone") || service.role == Role::Data;
    let kept = whole.iter().filter(|fact| !Workload::WORDS.contains(fact) || own.contains(*fact)).copied();
    kept.chain(page.then_some("page")).collect()
}
