//! Products that together hold every pair of choices, each installed, checked by its own commands, and started.
//! `cargo test --test covering -- --include-ignored` goes on where it was interrupted; with DUOSTACK_BLESS=1 it writes
//! the README's table.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "combinations/choices.rs"]
mod choices;
#[path = "combinations/covering.rs"]
mod covering;
#[path = "support/emitted.rs"]
mod emitted;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use choices::Choice;
use duostack::catalogue::Catalogue;
use duostack::tree::Content;
use emitted::Repository;
use serde_json::{Value, json};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const HEAD: &str = "| parts | CI, licence | files | tests | install s | check s | start s |\n\
                    | --- | --- | ---: | ---: | ---: | ---: | ---: |\n";

/// Names that would break what does not quote them, one for each product.
const NAMES: &[&str] = &[
    "<script>alert(\"{{x}} ${y}\")<b> & %VITE_DESCRIPTION% $(id) `id` 'q' # : *",
    "Fastify",
    "__init__ \"\"\" 東京 {{",
    "null: ~",
    "yes or no?",
    "1e3",
    "Ελλάδα: null, # yes",
    "'; DROP TABLE events; --",
    "%PATH% ${HOME} $(reboot)",
    "--help",
    "a | b | *c* _d_ [e](f)",
    "مرحبا",
];

#[test]
fn every_pair_of_choices_is_in_some_product_and_each_product_in_the_readme() {
    let products = covering::products();
    let (pairs, left) = covering::pairs(&products);
    assert_eq!(left, 0, "of {pairs} pairs");
    assert!(covering::pairs(&products[1..]).1 > 0, "no product is there for nothing");
    if std::env::var_os("DUOSTACK_BLESS").is_some() {
        return;
    }
    let readme = fs::read_to_string(README).unwrap();
    for product in &products {
        assert!(readme.contains(&format!("{} |", label(product))), "the README's table has no row for {product}");
    }
    let says = format!("{} products hold all {pairs} pairs", products.len());
    assert!(readme.contains(&says), "the README does not say {says:?}");
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn every_product_of_the_covering_set_works() {
    tools::redis();
    let products = covering::products();
    let records = Mutex::new(vec![Value::Null; products.len()]);
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(product) = products.get(place) else { break };
                    match catch_unwind(|| record(product, NAMES[place % NAMES.len()])) {
                        Ok(Ok(record)) => records.lock().unwrap()[place] = record,
                        Ok(Err(said)) => failures.lock().unwrap().push(format!("{product}: {said}")),
                        Err(_) => failures.lock().unwrap().push(format!("{product}: see above")),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    let records = records.into_inner().unwrap();
    let rows = products.iter().zip(&records).map(|(product, record)| line(product, record));
    let table = format!("{HEAD}{}", rows.collect::<String>());
    let (pairs, _) = covering::pairs(&products);
    println!("{} products hold all {pairs} pairs\n\n{table}", products.len());
    if std::env::var_os("DUOSTACK_BLESS").is_some() {
        bless(&table);
    }
}

/// What trying a product gave, now or in an earlier run on the same tree.
fn record(product: &Choice, name: &str) -> Result<Value, String> {
    let place = folder().join(format!("{}.json", tree_hash(product)));
    if let Some(record) = fs::read_to_string(&place).ok().and_then(|text| serde_json::from_str(&text).ok()) {
        println!("{product}: tried before");
        return Ok(record);
    }
    let record = tried(product, name)?;
    println!("{product}: {record}");
    fs::create_dir_all(folder()).unwrap();
    fs::write(place, record.to_string()).unwrap();
    Ok(record)
}

fn tried(product: &Choice, name: &str) -> Result<Value, String> {
    let settings: Vec<String> = product.settings().into_iter().chain([format!("product.name={name}")]).collect();
    let repository = Repository::emit(settings.iter().flat_map(|setting| ["--set", setting]).chain(["--yes"]));
    let files = support::snapshot(&repository.path("")).keys().filter(|path| own(path)).count();
    let (node, python) = (product.shape() != "python", product.shape() != "node");
    let (install, check) = match (node, python) {
        (true, true) => (&["npm ci", "npm run setup"][..], "npm run check"),
        (true, false) => (&["npm ci"][..], "npm run check"),
        _ => (&["python3 tasks.py setup"][..], "python3 tasks.py check"),
    };
    let started = Instant::now();
    for line in install {
        repository.tries(line, "", 10)?;
    }
    let installed = Instant::now();
    let said = repository.tries(check, "", 20)?;
    let checked = Instant::now();
    repository.is_clean();
    shows(&repository, name);
    repository.plays("starts.mjs", 5);
    let [install, check, start] =
        [installed - started, checked - installed, checked.elapsed()].map(|took| took.as_secs());
    Ok(json!({ "files": files, "tests": tests(&said), "install": install, "check": check, "start": start }))
}

/// The page that was built says the name, and takes no part of it for markup.
fn shows(repository: &Repository, name: &str) {
    let Ok(page) = fs::read_to_string(repository.path("web/dist/index.html")) else { return };
    let title = page.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
    let mut parts = title.split("&#");
    let first = parts.next().unwrap_or_default().to_owned();
    let shown = parts.fold(first, |shown, part| {
        let (code, rest) = part.split_once(';').unwrap_or(("63", part));
        format!("{shown}{}{rest}", code.parse().ok().and_then(char::from_u32).unwrap_or('?'))
    });
    assert_eq!(shown, name);
    assert!(!title.contains('<'), "{title}");
}

/// Not git's, not the base, and nothing that is made.
fn own(path: &str) -> bool {
    !path.ends_with('/') && !path.starts_with(".git/") && !path.starts_with(".duostack/") && path != ".env"
}

/// How many tests passed, as Node and pytest say.
fn tests(said: &str) -> usize {
    let node = said.lines().filter_map(|line| line.trim().strip_prefix("ℹ pass ")?.parse::<usize>().ok());
    let python = said.lines().filter_map(|line| line.split_once(" passed")?.0.rsplit(' ').next()?.parse().ok());
    node.chain(python).sum()
}

fn tree_hash(product: &Choice) -> String {
    let tree = product.tree(&Catalogue::built_in().unwrap());
    let all: String = tree.iter().map(|(path, entry)| format!("{path} {}\n", entry.content.hash())).collect();
    Content::Bytes(all.into_bytes().into()).hash()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("covering")
}

fn label(product: &Choice) -> String {
    let parts: Vec<String> = product
        .workloads()
        .iter()
        .map(|workload| match (workload.word(), product.api) {
            ("json-api", Some(language)) => format!("json-api ({language})"),
            (word, _) => word.to_owned(),
        })
        .collect();
    format!("| {} | {}, {}", parts.join(", "), product.ci, product.license)
}

fn line(product: &Choice, record: &Value) -> String {
    let [files, tests, install, check, start] = ["files", "tests", "install", "check", "start"].map(|key| &record[key]);
    format!("{} | {files} | {tests} | {install} | {check} | {start} |\n", label(product))
}

/// Puts the table in the place of the one that the README has.
fn bless(table: &str) {
    let readme = fs::read_to_string(README).unwrap();
    let head = HEAD.lines().next().unwrap();
    let start = readme.find(head).expect("the README has a table");
    let end = readme[start..].find("\n\n").map_or(readme.len(), |end| start + end + 1);
    fs::write(README, format!("{}{table}{}", &readme[..start], &readme[end..])).unwrap();
}
