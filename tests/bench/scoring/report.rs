//! Tables for people, and which goals are met.

use crate::contestants::{BENTO, CAREFUL, LIT, ML_SERVER, NAIVE, NOTHING, SERVICE};
use crate::load::Measured;
use crate::measure::sorted;
use crate::raw::{BATCH, Raw};

/// Something to reach, and the median of what was reached in each round.
struct Goal {
    what: String,
    limit: String,
    median: f64,
    worst: f64,
    met: bool,
}

#[derive(Default)]
pub struct Report {
    rounds: Vec<(&'static str, Vec<Measured>)>,
    goals: Vec<Goal>,
}

impl Report {
    pub fn add(&mut self, name: &'static str, measured: Measured) {
        match self.rounds.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rounds)) => rounds.push(measured),
            None => self.rounds.push((name, vec![measured])),
        }
    }

    pub fn singles(&mut self, raw: &Raw) {
        println!("\n| one row a request | per second | CPU µs/request | p99 ms | generator's core |");
        println!("| --- | ---: | ---: | ---: | ---: |");
        for (name, rounds) in &self.rounds {
            println!(
                "| {name} | {:.0} | {:.1} | {:.2} | {:.0} % |",
                middle(rounds.iter().map(rate)),
                middle(rounds.iter().map(cpu)) * 1e6,
                middle(rounds.iter().map(|one| one.p99 * 1e3)),
                middle(rounds.iter().map(|one| one.share * 100.0)),
            );
        }
        println!("\nOne row of the raw model in process takes {:.1} µs of CPU.", raw.one * 1e6);
        for (name, limit) in [(NAIVE, 8.0), (BENTO, 8.0), (ML_SERVER, 4.0), (LIT, 6.0)] {
            let ratios = self.ratios(name, rate);
            self.goal(format!("requests/s ÷ {name}"), limit, ratios, true);
            let ratios = self.ratios(name, |one| one.p99);
            self.goal(format!("p99 ÷ {name}"), 1.0, ratios, false);
        }
        let inverse = |ratios: Vec<f64>| ratios.into_iter().map(|ratio| 1.0 / ratio).collect();
        for (name, limit) in [(NAIVE, 10.0), (CAREFUL, 2.5), (ML_SERVER, 4.0)] {
            let ratios = inverse(self.ratios(name, cpu));
            self.goal(format!("CPU of {name} ÷ service"), limit, ratios, true);
        }
        let ratios = self.ratios(NOTHING, cpu);
        self.goal(format!("CPU ÷ {NOTHING}"), 0.8, ratios, false);
        let ratios = self.of(SERVICE).iter().map(|one| cpu(one) / raw.one).collect();
        self.goal("CPU ÷ the raw model in process".to_owned(), 6.0, ratios, false);
    }

    pub fn memory(&mut self, before: u64, after: u64) {
        let requests: usize = self.of(SERVICE).iter().map(|one| one.requests).sum();
        #[allow(clippy::cast_precision_loss, reason = "less than 2^52 bytes")]
        let ratio = after as f64 / before as f64;
        self.goal(format!("memory after {requests} requests ÷ before"), 1.02, vec![ratio], false);
    }

    pub fn batches(&mut self, name: &str, both: &[(Raw, Measured)]) {
        #[allow(clippy::cast_precision_loss, reason = "a thousand")]
        let rows = BATCH as f64;
        println!(
            "\nBatches of {BATCH} rows as {name}: {:.0} rows/s, {:.2} µs of CPU a row; the raw model {:.0} rows/s.",
            middle(both.iter().map(|(_, one)| rate(one) * rows)),
            middle(both.iter().map(|(_, one)| cpu(one) * 1e6 / rows)),
            middle(both.iter().map(|(raw, _)| rows / raw.thousand.0)),
        );
        let (least, most) = if name == "JSON" { (0.4, 2.5) } else { (0.7, 1.3) };
        let ratios = both.iter().map(|(raw, one)| rate(one) * raw.thousand.0).collect();
        self.goal(format!("rows/s as {name} ÷ the raw model"), least, ratios, true);
        let ratios = both.iter().map(|(raw, one)| cpu(one) / raw.thousand.1).collect();
        self.goal(format!("CPU as {name} ÷ the raw model"), most, ratios, false);
    }

    /// Which goals are met; the run fails when one is not.
    pub fn end(&self) {
        println!("\n| goal | limit | median | worst | met |");
        println!("| --- | ---: | ---: | ---: | --- |");
        for Goal { what, limit, median, worst, met } in &self.goals {
            println!("| {what} | {limit} | {median:.3} | {worst:.3} | {} |", if *met { "yes" } else { "NO" });
        }
        if self.goals.iter().any(|goal| !goal.met) {
            std::process::exit(1);
        }
    }

    fn of(&self, name: &str) -> &[Measured] {
        &self.rounds.iter().find(|(known, _)| *known == name).expect("it was measured").1
    }

    /// The service against another, round by round.
    fn ratios(&self, name: &str, of: impl Fn(&Measured) -> f64) -> Vec<f64> {
        self.of(SERVICE).iter().zip(self.of(name)).map(|(one, other)| of(one) / of(other)).collect()
    }

    fn goal(&mut self, what: String, limit: f64, ratios: Vec<f64>, least: bool) {
        let mut ratios = sorted(ratios.into_iter());
        if least {
            ratios.reverse();
        }
        let (median, worst) = (ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        let met = if least { median >= limit } else { median <= limit };
        let limit = format!("{} {limit:.2}", if least { "≥" } else { "≤" });
        self.goals.push(Goal { what, limit, median, worst, met });
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn rate(one: &Measured) -> f64 {
    one.requests as f64 / one.time.as_secs_f64()
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn cpu(one: &Measured) -> f64 {
    one.cpu.as_secs_f64() / one.requests as f64
}

fn middle(values: impl IntoIterator<Item = f64>) -> f64 {
    let values = sorted(values.into_iter());
    values[values.len() / 2]
}
