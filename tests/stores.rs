//! The toolchain tier of what lasts: SQLite and PostgreSQL, killed under load, and the page with a form and a list.
//! `cargo test --test stores -- --include-ignored`

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/emitted.rs"]
mod emitted;
#[path = "support/postgres.rs"]
mod postgres;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::path::Path;

use emitted::Repository;
use postgres::Postgres;

fn emit(answers: &str) -> Repository {
    let answers = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e").join(answers);
    Repository::emit(["--answers", answers.to_str().unwrap(), "--yes"])
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn a_page_alone_has_a_form_and_a_list() {
    let repository = emit("form.toml");
    repository.runs("npm ci", 5);
    repository.runs("npm run check", 10);
    repository.is_clean();
    repository.plays("form.mjs", 5);
}

#[test]
#[ignore = "toolchains: installs packages and starts servers"]
fn what_was_said_lasts_in_a_file_and_on_a_server() {
    let repository = emit("stores.toml");
    let mut server = Postgres::start();
    repository.runs("npm ci", 5);
    repository.runs("npm run check", 10);
    repository.runs(&format!("env DATABASE_URL={} npm test", server.url()), 10);
    repository.is_clean();
    server.stop(); // from here on the scenario starts and kills it
    let (line, url) = (server.line(), server.url());
    repository.plays_with("stores.mjs", 5, &[("DATABASE_URL", &url), ("POSTGRES", &line)]);
}
