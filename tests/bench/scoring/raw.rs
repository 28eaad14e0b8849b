//! The rows of the load, and the raw model in a process of its own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::contestants::script;
use crate::cores::on_core;

/// hour, weekday, last, mean, trend
pub type Row = [f32; 5];
pub const NAMES: [&str; 5] = ["hour", "weekday", "last", "mean", "trend"];
/// Rows of one request, where it is a batch.
pub const BATCH: usize = 1_000;

/// All different, as in life: a processor learns the way of a few rows through the trees by heart, and an answer that
/// belongs to another request is noticed.
pub fn rows() -> Vec<Row> {
    (0..16 * BATCH).map(row).collect()
}

/// Spread evenly by multiples of irrational numbers.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "they are small")]
fn row(at: usize) -> Row {
    let spread = |root: f64, low: f64, high: f64| (low + (at as f64 * root.sqrt()).fract() * (high - low)) as f32;
    let whole = |root: f64, below: f64| spread(root, 0.0, below).floor();
    [whole(2.0, 24.0), whole(3.0, 7.0), spread(5.0, 30.0, 62.0), spread(7.0, 45.0, 53.0), spread(11.0, -2.0, 2.0)]
}

/// What the model answers to those rows, and its cost.
pub struct Raw {
    pub values: Vec<f32>,
    /// Seconds of CPU for a call with one row.
    pub one: f64,
    /// Seconds, of the clock and of CPU, for a call with a thousand.
    pub thousand: (f64, f64),
}

impl Raw {
    /// On the servers' core.
    pub fn measure(service: &Path, rows: &[Row]) -> Self {
        let mut command = Command::new(service.join(".venv/bin/python"));
        command.arg(script("raw.py")).arg(service).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_core(0, || command.spawn().expect("python starts"));
        let text = serde_json::to_string(rows).expect("JSON");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let number = |value: &Value| value.as_f64().expect("a number");
        #[allow(clippy::cast_possible_truncation, reason = "the model's own precision")]
        let values = told["values"].as_array().expect("values").iter().map(|value| number(value) as f32).collect();
        let thousand = &told["thousand"];
        Self { values, one: number(&told["one"][1]), thousand: (number(&thousand[0]), number(&thousand[1])) }
    }
}
