//! The toolchain tier of the data service: alone and beside Node and ML, killed under load, and on Dask's workers.
//! `cargo test --test pipeline -- --include-ignored`

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/emitted.rs"]
mod emitted;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::path::Path;

use emitted::Repository;

fn emit(answers: &str) -> Repository {
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e").join(answers);
    Repository::emit(["--answers", answers.to_str().unwrap(), "--yes"])
}

/// Plays a script of `tests/e2e` by the Python of services/data.
fn plays(repository: &Repository, script: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e").join(script);
    let line = format!("services/data/.venv/bin/python {} services/data", script.display());
    println!("{}", repository.tries(&line, "", 10).unwrap_or_else(|said| panic!("{said}")));
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn the_data_service_alone_loses_nothing_and_scales_out() {
    let repository = emit("data-alone.toml");
    repository.runs("python3 tasks.py setup", 10);
    repository.runs("python3 tasks.py check", 10);
    repository.runs("python3 tasks.py fuzz", 5);
    repository.runs("python3 tasks.py pipeline run", 2);
    repository.runs("python3 tasks.py pipeline status", 1);
    repository.is_clean();
    plays(&repository, "inbox.py");
    repository.plays("dashboard.mjs", 5);
    let python = "services/data/.venv/bin/python";
    let locked = "--require-hashes -r services/data/requirements-scale.txt";
    repository.runs(&format!("{} pip install --python {python} {locked}", tools::uv().display()), 10);
    plays(&repository, "scale-out.py");
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn the_data_service_beside_node_and_ml_withstands_whatever_is_sent() {
    let repository = emit("data.toml");
    repository.runs("npm ci", 5);
    repository.runs("npm run setup", 10);
    repository.runs("npm run fuzz", 10);
    repository.is_clean();
}
