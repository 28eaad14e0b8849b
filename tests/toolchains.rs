//! The toolchain tier: each example really set up, checked, started, used, killed and revived, seen in a browser.
//! `cargo test --test toolchains -- --include-ignored`

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/emitted.rs"]
mod emitted;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::path::Path;

use emitted::Repository;

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn pulse_lives_through_the_death_of_either_language() {
    tools::redis();
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.runs("npm run check", 10);
    repository.runs("npm run fuzz", 5);
    repository.is_clean();
    repository.plays("pulse.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn nothing_that_pulse_acknowledged_is_lost_or_counted_twice() {
    let repository = Repository::emit(["--example", "pulse"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.plays("outbox.mjs", 8);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn each_reading_is_in_the_tables_once_whatever_is_killed() {
    let answers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/forwarding.toml");
    let repository = Repository::emit(["--answers", answers, "--yes"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.plays("forwarding.mjs", 8);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn parley_talks_and_comes_back() {
    tools::redis();
    let repository = Repository::emit(["--example", "parley"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run check", 10);
    repository.runs("npm run fuzz", 5);
    repository.is_clean();
    repository.plays("parley.mjs", 5);
    repository.plays("rolling.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn the_page_of_parley_lives_through_a_bad_network() {
    let repository = Repository::emit(["--example", "parley"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run build", 5);
    repository.plays("network.mjs", 8);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn a_product_of_every_part_speaks() {
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/everything.toml");
    let repository = Repository::emit(["--answers", answers.to_str().unwrap(), "--yes"]);
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.plays("language.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn foresight_scores_and_refuses() {
    let repository = Repository::emit(["--example", "foresight"]);
    repository.runs("python3 tasks.py setup", 10);
    repository.runs("python3 tasks.py check", 10);
    repository.runs("python3 tasks.py fuzz", 5);
    repository.is_clean();
    repository.plays("foresight.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn foresight_serves_from_a_store_of_objects() {
    let repository = Repository::emit(["--example", "foresight"]);
    repository.runs("python3 tasks.py setup", 10);
    let python = "services/ml/.venv/bin/python";
    repository.runs(&format!("{} pip install --python {python} s3fs moto[server]", tools::uv().display()), 10);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/far.py");
    repository.runs(&format!("{python} {} services/ml", script.display()), 5);
}
