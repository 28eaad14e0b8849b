//! The emitted scoring service against naive FastAPI with scikit-learn, BentoML, MLServer and LitServe with the same
//! model: one process each, 32 connections, servers on one core and the load on another.
//!
//! `cargo bench --bench scoring` prints Markdown tables and whether the goals are met; `-- --quick` takes two minutes.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

#[path = "scoring/contestants.rs"]
mod contestants;
mod cores;
#[path = "scoring/load.rs"]
mod load;
mod measure;
#[path = "scoring/process.rs"]
mod process;
#[path = "scoring/raw.rs"]
mod raw;
#[path = "scoring/report.rs"]
mod report;
#[path = "../support/tools.rs"]
mod tools;

use std::path::Path;
use std::time::Duration;

use contestants::Contestant;
use load::{Load, Question};
use raw::Raw;
use report::Report;

/// Kept open by every load of single rows.
const CONNECTIONS: usize = 32;
/// Enough that the server is never without work.
const BATCH_CONNECTIONS: usize = 4;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, window) = if quick { (3, Duration::from_secs(2)) } else { (7, Duration::from_secs(4)) };
    cores::pin(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let service = contestants::emit(folder.path());
    let rows = raw::rows();
    let raw = Raw::measure(&service, &rows);
    let mut report = Report::default();
    singles(&service, &rows, &raw, rounds, window, &mut report);
    batches(&service, &rows, rounds, window, &mut report);
    report.end();
}

/// All servers stand by, and take turns.
fn singles(service: &Path, rows: &[raw::Row], raw: &Raw, rounds: usize, window: Duration, report: &mut Report) {
    let contestants = contestants::all(service);
    let mut loads: Vec<_> = contestants.iter().map(|one| Load::new(one.port(), CONNECTIONS, one.ask(rows))).collect();
    for (contestant, load) in contestants.iter().zip(&mut loads) {
        let expected = if contestant.name == contestants::NOTHING { last(rows) } else { raw.values.clone() };
        load.expect(expected);
        load.run(window / 2); // to warm up
    }
    let memory = contestants[0].process.memory();
    for _ in 0..rounds {
        for (contestant, load) in contestants.iter().zip(&mut loads) {
            report.add(contestant.name, contestant.measure(load, window));
        }
    }
    report.singles(raw);
    report.memory(memory, contestants[0].process.memory());
}

/// What a route that scores nothing answers.
fn last(rows: &[raw::Row]) -> Vec<f32> {
    rows.iter().map(|row| row[2]).collect()
}

/// A thousand rows a request, as JSON and as float32, in turns with the raw model.
fn batches(service: &Path, rows: &[raw::Row], rounds: usize, window: Duration, report: &mut Report) {
    let contestant = Contestant::service(service);
    for (name, question) in [("JSON", Question::json(rows)), ("float32", Question::table(rows))] {
        let mut load = Load::new(contestant.port(), BATCH_CONNECTIONS, question);
        let mut both = Vec::new();
        for _ in 0..rounds {
            let raw = Raw::measure(service, rows);
            load.expect(raw.values.clone());
            load.run(window / 4);
            both.push((raw, contestant.measure(&mut load, window)));
        }
        report.batches(name, &both);
    }
}
