//! Every product that can be emitted: each is rendered, each file checked in its own language, and all that files refer
//! to is looked for.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test starts Python and says what it tried")]

#[path = "combinations/choices.rs"]
mod choices;
#[path = "combinations/files.rs"]
mod files;
#[path = "combinations/python.rs"]
mod python;
#[path = "combinations/references.rs"]
mod references;
#[path = "maintenance/rules.rs"]
mod rules;
#[path = "combinations/schemas.rs"]
mod schemas;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use choices::Choice;
use duostack::advice::{Advice, advise};
use duostack::blueprint::{self, Blueprint};
use duostack::catalogue::Catalogue;
use duostack::product::writer::{self, Recorded};
use duostack::product::{Language, Product, Workload, reader};
use duostack::render::render;
use duostack::tree::{Content, Entry};
use files::{File, Library};

/// Facts that options give.
const OPTIONS: &[&str] = &["github", "gitlab", "mit", "apache-2.0"];

/// Files that were read, by path and content.
#[derive(Default)]
struct Shelf {
    /// Verbatim files by the place of their bytes in the binary.
    verbatim: HashMap<(String, usize), Arc<File>>,
    filled_in: HashMap<(String, Vec<u8>), Arc<File>>,
}

struct Check {
    catalogue: Catalogue,
    library: Mutex<Library>,
    shelf: Mutex<Shelf>,
}

impl Check {
    fn new() -> Self {
        let catalogue = Catalogue::built_in().unwrap();
        Self { catalogue, library: Mutex::new(Library::new()), shelf: Mutex::default() }
    }

    fn draw(&self, product: &Product, advice: &Advice) -> Blueprint<'_> {
        blueprint::draw(product, advice, &self.catalogue, &BTreeMap::new())
    }

    /// A file of a tree, read now or before.
    fn file(&self, path: &str, entry: &Entry) -> Arc<File> {
        let mut shelf = self.shelf.lock().unwrap();
        match &entry.content {
            Content::Bytes(Cow::Borrowed(bytes)) => {
                let key = (path.to_owned(), bytes.as_ptr().addr());
                Arc::clone(shelf.verbatim.entry(key).or_insert_with(|| self.read(path, bytes, false)))
            }
            other => {
                let key = (path.to_owned(), other.bytes().to_vec());
                Arc::clone(shelf.filled_in.entry(key).or_insert_with(|| self.read(path, other.bytes(), true)))
            }
        }
    }

    fn read(&self, path: &str, bytes: &[u8], filled_in: bool) -> Arc<File> {
        let text = std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("{path} is not UTF-8"));
        Arc::new(self.library.lock().unwrap().read(path, text, filled_in))
    }

    /// What is wrong with a product: with its files, its references and what it says of parts that it does not have.
    fn faults(&self, turn: usize, choice: Choice) -> Vec<String> {
        let licenses = ["none", "mit", "apache-2.0"];
        let choice = choice.with(("github", licenses[turn % licenses.len()]));
        let (answers, product, advice) = choice.product();
        let told = |what: String| format!("{choice}: {what}");
        let whole = match render(&self.draw(&product, &advice), &advice, &self.catalogue.supersets) {
            Ok(tree) => tree,
            Err(failure) => return vec![told(failure.to_string())],
        };
        let (_, product, advice) = choice.clone().with(("gitlab", choice.license)).product();
        let mut gitlab = self.draw(&product, &advice);
        gitlab.steps.retain(|step| step.layer.facts.iter().any(|fact| fact == "gitlab"));
        let gitlab = render(&gitlab, &advice, &self.catalogue.supersets).unwrap();
        let entries = whole.iter().chain(gitlab.iter());
        let mut files: BTreeMap<&str, Arc<File>> =
            entries.map(|(path, entry)| (path, self.file(path, entry))).collect();
        let mut faults: Vec<String> = files.iter().flat_map(|(path, file)| strange(&choice, path, file)).collect();
        // Each kind of part brings files of its own; a product of all kinds is the largest.
        if whole.len() > 415 {
            faults.push(format!("{} files are more than anyone reads", whole.len()));
        }
        let lists = files.keys().filter(|path| path.ends_with("src/panels/items.ts")).count();
        if choice.has(Workload::BrowserApp) && choice.api.is_none() && lists != 1 {
            faults.push(format!("{lists} lists on the page"));
        }
        let recorded = Recorded { hash: None, answers: &BTreeMap::new() };
        let text = writer::write(answers.document.as_deref(), &product, &advice, recorded);
        if reader::read(&text, "duostack.toml").and_then(|answers| answers.product()).ok().as_ref() != Some(&product) {
            faults.push("the recorded answers are not the answers".to_owned());
        }
        files.insert("duostack.toml", Arc::new(self.library.lock().unwrap().read("duostack.toml", &text, true)));
        faults.extend(references::Tree::new(files).dangling(&self.library.lock().unwrap().python.library));
        faults.into_iter().map(told).collect()
    }
}

/// Words of parts that a product does not have.
fn strange(choice: &Choice, path: &str, file: &File) -> Vec<String> {
    let learns = choice.has(Workload::MachineLearning);
    // The chart of readings has a place for forecasts, whoever makes them.
    let foreign = |word: &&&str| match **word {
        "onnxruntime" => !learns && !choice.has(Workload::AiFeatures),
        "forecast" => !learns && !path.starts_with("web/"),
        _ => !learns,
    };
    file.words.iter().filter(foreign).map(|word| format!("{path}: says `{word}`")).collect()
}

#[test]
fn every_product_is_sound() {
    let check = Check::new();
    let choices: Vec<Choice> = Choice::all().collect();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let Some(choice) = choices.get(turn) else { break };
                    let found = check.faults(turn, choice.clone());
                    let mut faults = faults.lock().unwrap();
                    faults.extend(found);
                    if faults.len() > 20 {
                        break;
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let shapes: BTreeSet<&str> = choices.iter().map(Choice::shape).collect();
    assert_eq!(shapes.len(), 3);
    let shelf = check.shelf.into_inner().unwrap();
    let (products, trees) = (thousands(choices.len()), thousands(choices.len() * Choice::options().count()));
    println!("{products} products, {trees} trees, {} files that differ", shelf.verbatim.len() + shelf.filled_in.len());
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("{products} products")), "the README does not say {products} products");
    assert!(readme.contains(&format!("{trees} trees")), "the README does not say {trees} trees");
}

fn thousands(number: usize) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

/// One fault in one file of a product: it is told.
#[test]
fn what_is_unsound_is_told() {
    let mut library = Library::new();
    let everything = Choice::all().last().unwrap().with(("github", "mit"));
    let tree = everything.tree(&Catalogue::built_in().unwrap());
    let text = |path: &str| tree.get(path).unwrap_or_else(|| panic!("no {path}")).content.text(path).unwrap();
    let read = |library: &mut Library, path: &str, text: &str| Arc::new(library.read(path, text, true));
    let mut files: BTreeMap<&str, Arc<File>> =
        tree.iter().map(|(path, _)| (path, Arc::new(library.read(path, text(path), false)))).collect();
    files.insert("duostack.toml", Arc::default());
    let modules = library.python.library.clone();
    assert_eq!(references::Tree::new(files.clone()).dangling(&modules), [""; 0]);
    let mut untold = Vec::new();
    for (path, from, to, says) in [
        ("services/realtime/src/main.ts", "import ", "imprt ", "Expected"),
        ("services/realtime/src/main.ts", "./app.ts", "./ap.ts", "imports ./ap.ts"),
        ("services/realtime/src/main.ts", "{ createApp", "{ nobody, createApp", "imports nobody of"),
        ("services/realtime/src/app.ts", "'fastify'", "'fastfy'", "imports fastfy"),
        ("services/ml/app/main.py", "import ", "imprt ", "invalid syntax"),
        (
            "services/ml/app/main.py",
            "from app.config import ",
            "from app.config import nobody, ",
            "imports nobody of app.config",
        ),
        ("services/ml/app/main.py", "from app.config", "from app.confg", "imports app.confg"),
        ("services/ml/app/main.py", "from fastapi ", "from fastap ", "imports fastap"),
        ("package.json", "\"private\"", "private", "key must be a string"),
        ("services/ml/pyproject.toml", "[project]", "[project", "unclosed table"),
        ("services/ml/requirements.txt", "\n", "\nextra==1\n", "annotated-doc has no hash"),
        ("package-lock.json", "\"integrity\"", "\"integrty\"", "no sha512"),
        ("package-lock.json", "node_modules/ws\"", "node_modules/wss\"", "ws"),
        ("compose/ml.yaml", "ports:", "prts:", "prts"),
        ("compose/ml.yaml", "services/ml/Dockerfile", "services/ml/Dockerfle", "speaks of services/ml/Dockerfle"),
        ("compose.yaml", "compose/ml.yaml", "compose/mll.yaml", "refers to compose/mll.yaml"),
        (".github/workflows/ml.yaml", "runs-on", "run-on", "run-on"),
        (".github/workflows/ml.yaml", "services/ml/**", "services/mll/**", "speaks of services/mll/**"),
        (".github/dependabot.yml", "version: 2", "version: 3", "version"),
        ("contract/openapi/health.yaml", "responses:", "response:", "response"),
        ("contract/openapi/health.yaml", "/Health'", "/Helth'", "Helth"),
        ("contract/asyncapi/realtime.yaml", "action: ", "acton: ", "acton"),
        ("contract/schemas/common.yaml", "$defs:", "$defs", "common.yaml: "),
        ("services/ml/Dockerfile", "USER ", "USR ", "USR"),
        ("services/ml/Dockerfile", "services/ml/app", "services/ml/ap", "speaks of services/ml/ap"),
        ("README.md", "](duostack.toml)", "](duostak.toml)", "refers to duostak.toml"),
        ("README.md", "\n\n", "\n\n\n", "double blank lines"),
        ("README.md", "# ", "# {{product.name}}", "leftover braces"),
        ("web/index.html", "</html>\n", "</html>", "newline"),
    ] {
        let before = text(path);
        untold.extend((!before.contains(from)).then(|| format!("{path} does not say {from:?}")));
        let mut changed = files.clone();
        changed.insert(path, read(&mut library, path, &before.replacen(from, to, 1)));
        let faults = references::Tree::new(changed).dangling(&modules).join("\n");
        untold.extend((!faults.contains(says)).then(|| format!("{path}: {to:?} is told as {faults:.400?}")));
    }
    assert!(untold.is_empty(), "{}", untold.join("\n"));
}

/// All else is read-only in its container. (Models come with the image, and are only read there.)
#[test]
fn what_a_python_service_writes_lies_in_its_volume() {
    let tree = Choice::all().last().unwrap().tree(&Catalogue::built_in().unwrap());
    let text = |path: &str| tree.get(path).unwrap().content.text(path).unwrap();
    let mut writers = BTreeSet::new();
    for (path, _) in tree.iter().filter(|(path, _)| path.contains("/app/") && path.ends_with(".py")) {
        for setting in text(path).lines().filter_map(|line| line.split_once(": Path = Path(\"")) {
            let service = path.split('/').nth(1).unwrap();
            assert!(setting.1.starts_with("data"), "{path}: {setting:?}");
            assert!(text(&format!("services/{service}/Dockerfile")).contains("mkdir data && chown 10001:10001 data\n"));
            let volume = format!("volumes: [\"{service}-data:/app/services/{service}/data\"]\n");
            assert!(text(&format!("compose/{service}.yaml")).contains(&volume), "{service}");
            writers.insert(service.to_owned());
        }
    }
    assert_eq!(writers.into_iter().collect::<Vec<_>>(), ["api", "data", "ml"]);
}

/// So that a product need not be rendered anew for each pair of options.
#[test]
fn the_files_of_an_option_stand_alone() {
    let catalogue = Catalogue::built_in().unwrap();
    let (options, others): (Vec<_>, Vec<_>) =
        catalogue.layers.iter().partition(|layer| layer.facts.iter().any(|fact| OPTIONS.contains(&fact.as_str())));
    assert!(options.len() >= OPTIONS.len());
    let paths = |layers: &[&duostack::catalogue::Layer]| -> BTreeSet<String> {
        layers
            .iter()
            .flat_map(|layer| layer.sources.iter().map(move |source| (layer.mount, source)))
            .map(|(mount, source)| format!("{mount:?} {}", source.path.trim_end_matches(".hbs")))
            .collect()
    };
    assert_eq!(paths(&options).intersection(&paths(&others)).count(), 0);
    for layer in others {
        for source in layer.sources.iter().filter(|source| source.path.ends_with(".hbs")) {
            let text = source.content.text(&source.path).unwrap();
            let said = OPTIONS.iter().map(|fact| format!("facts.{fact}")).chain(["options.".to_owned()]);
            for word in said {
                assert!(!text.contains(&word), "{}/{} says {word}", layer.name, source.path);
            }
        }
    }
}

/// So that all products are enumerated by workloads, and by the language of the JSON API.
#[test]
fn other_answers_lead_to_other_names_and_prose_alone() {
    let check = Check::new();
    let steps = |product: &Product, advice: &Advice| -> Vec<(String, String)> {
        let blueprint = check.draw(product, advice);
        blueprint.steps.into_iter().map(|step| (step.layer.name.clone(), step.prefix)).collect()
    };
    let others: &[(&str, &[&str])] = &[
        ("load.connections", &["hundreds", "thousands", "tens-of-thousands"]),
        ("load.computation", &["light", "moderate", "heavy"]),
        ("team.javascript", &["none", "some", "strong"]),
        ("team.python", &["none", "some", "strong"]),
        ("team.in-two-years", &["full-stack-javascript", "mixed", "data-and-ai"]),
        ("roadmap.ai", &["no", "maybe", "planned"]),
        ("roadmap.real-time", &["no", "planned", "maybe"]),
        ("preferences.single-javascript-stack", &["false", "true", "false"]),
    ];
    let mut placed = BTreeSet::new();
    for (turn, choice) in Choice::all().enumerate().step_by(7) {
        let mut answers = choice.answers();
        reader::set(&mut answers, "preferences.shape=auto").unwrap();
        for (place, (key, words)) in others.iter().enumerate() {
            let word = words[turn / 3_usize.pow(place as u32 % 7) % 3];
            reader::set(&mut answers, &format!("{key}={word}")).unwrap();
        }
        let product = answers.product().unwrap();
        let advice = advise(&product).unwrap();
        let holds = |language| {
            let of = advice.services.iter().filter(move |service| service.language == language);
            of.into_iter().any(|service| service.parts.iter().any(|part| part == "the-json-api"))
        };
        let api = [Language::Node, Language::Python].into_iter().find(|language| holds(*language));
        placed.insert((choice.api, api));
        let (_, same, advised) = Choice { api, ..choice.clone() }.product();
        assert_eq!(steps(&product, &advice), steps(&same, &advised), "{choice}");
    }
    assert!(placed.contains(&(Some(Language::Node), Some(Language::Python))), "no answer moved the API");
}
