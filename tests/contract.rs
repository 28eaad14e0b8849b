//! The contract holds: planted drifts are caught by the emitted tests, and both languages judge documents alike.
//! `cargo test --test contract -- --include-ignored --nocapture` prints the figures.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/drifts.rs"]
mod drifts;
#[path = "support/emitted.rs"]
mod emitted;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::Path;

use drifts::Drift;
use emitted::Repository;

/// In the order in which they are likely to notice; the first that fails is enough.
const NODE_TESTS: &[&str] = &[
    "node --test --test-timeout=6000 --test-force-exit services/realtime/test/service.test.ts",
    "node --test --test-timeout=6000 --test-force-exit services/realtime/test/readings.test.ts",
    "node --test --test-timeout=6000 --test-force-exit services/realtime/test/scoring.test.ts",
    "node --test --test-timeout=6000 --test-force-exit services/realtime/test/realtime.test.ts",
];
const PYTHON_TESTS: &[&str] = &[
    ".venv/bin/python -m pytest --quiet -x tests/test_service.py",
    ".venv/bin/python -m pytest --quiet -x tests/test_announcing.py",
    ".venv/bin/python -m pytest --quiet -x tests/test_scoring.py",
    ".venv/bin/python -m pytest --quiet -x tests/test_serving.py",
];

/// Plants each drift alone, runs the service's own tests, and names those that nobody noticed in these words.
fn unnoticed(repository: &Repository, drifts: &[Drift], tests: &[&str], below: &str, words: &str) -> Vec<&'static str> {
    let mut missed = Vec::new();
    for (name, file, old, new) in drifts {
        let path = repository.path(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{name}: {old:?} in {file}");
        fs::write(&path, text.replacen(old, new, 1)).unwrap();
        let start = std::time::Instant::now();
        if !tests.iter().any(|line| repository.tries(line, below, 2).is_err_and(|said| said.contains(words))) {
            missed.push(*name);
        }
        println!("{name}: {:.1?}", start.elapsed());
        fs::write(&path, text).unwrap();
    }
    missed
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted tests"]
fn planted_drifts_are_caught_by_the_emitted_tests() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.runs("npm run build", 5);
    NODE_TESTS.iter().for_each(|line| repository.runs(line, 3));
    PYTHON_TESTS.iter().for_each(|line| drop(repository.tries(line, "services/ml", 3).unwrap()));
    let (node_missed, python_missed) = std::thread::scope(|scope| {
        let one = scope.spawn(|| unnoticed(&repository, drifts::NODE, NODE_TESTS, "", ""));
        let other = scope.spawn(|| unnoticed(&repository, drifts::PYTHON, PYTHON_TESTS, "services/ml", ""));
        (one.join().unwrap(), other.join().unwrap())
    });
    let (planted, missed) = (drifts::NODE.len() + drifts::PYTHON.len(), [node_missed, python_missed].concat());
    println!("{planted} drifts planted, {} caught; missed: {missed:?}", planted - missed.len());
    assert!(planted >= 40 && missed.is_empty(), "{missed:?}");
}

#[test]
fn every_drift_has_its_place() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pulse/tree");
    for (name, file, old, new) in drifts::NODE.iter().chain(drifts::PYTHON) {
        let text = fs::read_to_string(tree.join(file)).unwrap();
        assert!(text.matches(old).count() == 1 && old != new, "{name}: {old:?} in {file}");
    }
}

/// Documents made from the contract's samples, judged by TypeBox in Node and by pydantic in Python.
#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn both_languages_judge_documents_alike() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    // Python's models of every area, not only of those that its service speaks of.
    let manifest = repository.path("services/ml/pyproject.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let areas = "[\"common\", \"models\", \"readings\", \"realtime\", \"scores\", \"scoring\", \"watch\"]";
    let wider = text.replacen("[\n  \"common\",\n  \"models\",\n  \"scoring\",\n  \"watch\",\n]", areas, 1);
    assert_ne!(text, wider);
    fs::write(&manifest, wider).unwrap();
    repository.tries(".venv/bin/python generate.py", "services/ml", 3).unwrap();
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e");
    for script in ["verdicts.mjs", "verdicts.py"] {
        fs::copy(scenarios.join(script), repository.path("services/ml").join(script)).unwrap();
    }
    println!("{}", repository.tries("node verdicts.mjs", "services/ml", 3).unwrap());
    println!("{}", repository.tries(".venv/bin/python verdicts.py", "services/ml", 3).unwrap());
}

/// Renamed in the YAML files and generated anew: services, page and tests go on without a line of theirs changed.
#[test]
#[ignore = "toolchains: installs packages and runs emitted tests"]
fn a_noun_is_renamed_in_the_contract_alone() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    let openapi = ["models", "readings", "realtime", "scoring", "watch"].map(|area| format!("openapi/{area}"));
    for file in openapi.into_iter().chain(["readings", "scores"].map(|area| format!("asyncapi/{area}"))) {
        let path = repository.path(&format!("contract/{file}.yaml"));
        let text = fs::read_to_string(&path).unwrap();
        let renamed = text.replace("berth-map", "quays").replace("delay-model", "arrivals");
        assert_ne!(text, renamed, "{file}");
        fs::write(&path, renamed).unwrap();
    }
    repository.tries("npm run check:node", "", 5).expect_err("what was generated before is out of date");
    repository.runs("npm run generate", 3);
    repository.runs("npm run check", 10);
    let changed = repository.tries("git diff --name-only", "", 1).unwrap();
    assert!(changed.lines().all(|path| path.starts_with("contract/")), "{changed}");
    assert!(repository.tries("git grep -lE berth-map|delay-model -- contract services web", "", 1).is_err());
}

/// Faults of the contract: file, text, what takes its place, and the words by which both languages refuse it.
const OUTSIDE_THE_PROFILE: &[(&str, &str, &str, &str)] = &[
    (
        "schemas/readings",
        "value: { type: number }",
        "value: { type: number, multipleOf: 2 }",
        "multipleOf is not in the profile of number",
    ),
    (
        "schemas/readings",
        "source: { $ref: '#/$defs/Source' }",
        "source: { $ref: '#/$defs/Source', maxLength: 9 }",
        "maxLength is not in the profile of $ref",
    ),
    ("schemas/readings", "Source: { type: string, ", "Source: { ", "type is one of string, number"),
    (
        "schemas/readings",
        "Source: { type: string, ",
        "Source: { type: [string, number], ",
        "two types are a type and null",
    ),
    (
        "schemas/readings",
        "Source: { type: string, ",
        "Source: { type: [string, null], ",
        "two types are a type and null",
    ),
    (
        "schemas/readings",
        "Source: { type: string, ",
        "Source: { type: [string, 'null'], default: a, ",
        "default is not in the profile of string",
    ),
    ("schemas/readings", "format: uuid", "format: email", "format is one of date-time, uuid"),
    (
        "schemas/readings",
        "required: [source, value]",
        "required: [source, value, unit]",
        "unit is required and not described",
    ),
    (
        "schemas/readings",
        "value: { type: number }",
        "value: { type: number }\n      value: { type: number }",
        "stands twice",
    ),
    ("schemas/scores", "enum: [up, down]", "enum: [up, off]", "off is quoted"),
    ("schemas/readings", "at: '2026-01-04T23:30:00Z'", "at: 2026-01-04T23:30:00Z", "2026-01-04T23:30:00Z is quoted"),
    ("schemas/scores", "./scoring.yaml#/$defs/Score", "./scoring.yaml#/$defs/Scored", "Scored leads nowhere"),
    ("schemas/common", "    additionalProperties: false\n", "", "additionalProperties is always said"),
    (
        "schemas/common",
        "additionalProperties: { type: string, enum: [ok, unavailable] }",
        "additionalProperties: { enum: [ok, unavailable] }",
        "type is one of",
    ),
    ("schemas/common", "        items: { $ref: '#/$defs/Issue' }\n", "", "items is always said"),
    (
        "schemas/realtime",
        "      - $ref: '#/$defs/Ping'",
        "      - { type: object, additionalProperties: true }",
        "a variant of oneOf is a $ref to an object",
    ),
    (
        "schemas/realtime",
        "      - $ref: '#/$defs/Ping'",
        "      - $ref: '#/$defs/Member'",
        "a variant of oneOf is a $ref to an object",
    ),
    ("asyncapi/readings", "'#/channels/readings'", "'#/channels/reading'", "#/channels/reading leads nowhere"),
    ("openapi/health", "operationId: isReady", "operationId: isAlive", "an operationId of its own"),
    ("openapi/health", "      operationId: isReady\n", "", "an operationId of its own"),
    (
        "openapi/health",
        "common.yaml#/$defs/Health",
        "commons.yaml#/$defs/Health",
        "commons.yaml#/$defs/Health leads nowhere",
    ),
    (
        "openapi/readings",
        "default: 100 }",
        "default: 100, multipleOf: 2 }",
        "multipleOf is not in the profile of integer",
    ),
    (
        "openapi/readings",
        "- name: limit\n",
        "- name: limit\n          required: true\n",
        "what is required has no default",
    ),
];

/// Plants each fault alone, which every command refuses by the same file, line and words.
fn refusals(repository: &Repository, faults: &[&(&str, &str, &str, &str)], commands: &[(&str, &str)]) {
    for (file, old, new, says) in faults {
        let name = format!("contract/{file}.yaml");
        let path = repository.path(&name);
        let text = fs::read_to_string(&path).unwrap();
        let at = text.find(old).unwrap_or_else(|| panic!("{old:?} in {name}"));
        fs::write(&path, text.replacen(old, new, 1)).unwrap();
        let said = commands.iter().map(|(line, below)| {
            let said = repository.tries(line, below, 1).unwrap_err();
            said.lines().filter(|line| line.starts_with("contract/")).map(str::to_owned).collect::<Vec<_>>()
        });
        let said: Vec<_> = said.collect();
        assert!(said.iter().all(|other| *other == said[0]), "{says}: the languages disagree: {said:#?}");
        let fault = said[0].iter().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{says:?}: {said:#?}"));
        let line: usize = fault.strip_prefix(&format!("{name}:")).unwrap().split(':').next().unwrap().parse().unwrap();
        let planted = text[..at].matches('\n').count() + 1;
        assert!(line.abs_diff(planted) <= 4, "{fault}: planted in line {planted}");
        fs::write(&path, text).unwrap();
    }
    commands.iter().for_each(|(line, below)| drop(repository.tries(line, below, 1).unwrap()));
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn what_lies_outside_the_profile_is_refused_with_file_and_line_by_both_languages() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    let faults: Vec<_> = OUTSIDE_THE_PROFILE.iter().collect();
    let commands = [("node contract/generate.ts --check", ""), (".venv/bin/python generate.py --check", "services/ml")];
    refusals(&repository, &faults, &commands);
}

#[test]
#[ignore = "toolchains: installs packages and runs emitted code"]
fn the_profile_is_held_without_node() {
    let repository = Repository::emit(["--example", "foresight"]);
    repository.runs("python3 tasks.py setup", 10);
    let known = |file: &str| repository.path(&format!("contract/{file}.yaml")).exists();
    let faults: Vec<_> = OUTSIDE_THE_PROFILE.iter().filter(|(file, ..)| known(file)).collect();
    assert!(faults.len() >= 5);
    refusals(&repository, &faults, &[("env PATH=/nowhere .venv/bin/python generate.py --check", "services/ml")]);
}

/// Of what the emitted tests notice, this much is noticed from outside, too: statuses, bodies, and what is taken.
const SEEN_FROM_OUTSIDE: &[&str] = &[
    "answer: extra field",
    "answer: wrong status",
    "problem: wrong content type",
    "taken: any body",
    "taken: hours beyond the day",
    "let in: without a token",
];

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn schemathesis_is_green_on_what_is_emitted_and_red_on_planted_drifts() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    let asked = repository.tries("npm run fuzz", "", 5).unwrap();
    asked.lines().filter(|line| line.contains(" generated, ")).for_each(|line| println!("{}", line.trim()));
    repository.is_clean();
    let outside = |(name, ..): &&Drift| SEEN_FROM_OUTSIDE.contains(name);
    let (node, python): (Vec<_>, Vec<_>) = (
        drifts::NODE.iter().filter(outside).copied().collect(),
        drifts::PYTHON.iter().filter(outside).copied().collect(),
    );
    let mut missed = unnoticed(&repository, &node, &["npm run fuzz -- realtime"], "", "the services do not keep to ");
    missed.extend(unnoticed(&repository, &python, &["npm run fuzz -- ml"], "", "the services do not keep to "));
    println!("{} drifts planted; missed: {missed:?}", node.len() + python.len());
    assert!(node.len() >= 4 && python.len() >= 4 && missed.is_empty(), "{missed:?}");
}
