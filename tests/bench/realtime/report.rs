//! Tables for people, and which goals are met.

use crate::echo::Trips;
use crate::fanout::Measured;
use crate::measure::sorted;

/// The generator must have this much of its core to spare.
const SHARE: f64 = 0.8;

/// One server's rounds at one size of bursts.
pub struct Row {
    way: &'static str,
    burst: usize,
    name: &'static str,
    pub rounds: Vec<Measured>,
}

impl Row {
    pub fn new(way: &'static str, burst: usize, name: &'static str) -> Self {
        Self { way, burst, name, rounds: Vec::new() }
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        middle(self.rounds.iter().map(of))
    }
}

/// Something to reach, and what was reached: the median of the rounds counts.
struct Goal {
    what: String,
    limit: String,
    median: f64,
    worst: f64,
    met: bool,
}

#[derive(Default)]
pub struct Report {
    goals: Vec<Goal>,
    /// The way whose table was begun last.
    headed: &'static str,
    fastest: f64,
    /// What a single server-sent event costs.
    single: Option<f64>,
}

impl Report {
    /// Costs and times of all servers at one size of bursts; the service is the first.
    pub fn fan_out(&mut self, rows: Vec<Row>) {
        if self.headed != rows[0].way {
            println!();
            println!(
                "| way | burst | server | CPU µs/delivery | service ÷ it | p50 ms | p99 ms | per second | generator's core |"
            );
            println!("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
            self.headed = rows[0].way;
        }
        for row in &rows {
            self.row(&rows[0], row);
        }
        for other in &rows[1..] {
            self.judge(&rows[0], other);
        }
        if rows[0].way == "SSE" {
            self.joined(&rows[0]);
        }
    }

    fn row(&mut self, service: &Row, row: &Row) {
        let busiest = sorted(row.rounds.iter().map(|one| one.share)).pop().expect("rounds");
        println!(
            "| {} | {} | {} | {:.2} | {:.3} | {:.2} | {:.2} | {:.0} | {:.0} % |",
            row.way,
            row.burst,
            row.name,
            row.median(|one| one.cost),
            middle(ratios(service, row, |one| one.cost)),
            row.median(|one| one.p50),
            row.median(|one| one.p99),
            row.median(|one| one.rate),
            busiest * 100.0,
        );
        self.fastest = self.fastest.max(row.median(|one| one.rate));
        assert!(busiest < SHARE, "the generator is the bottleneck: {:.0} % of its core", busiest * 100.0);
    }

    fn judge(&mut self, service: &Row, other: &Row) {
        let Row { way, burst, name, .. } = other;
        let limit = match (*name, burst) {
            ("Socket.IO", _) => 0.75,
            ("ws", 4) => 0.40,
            ("ws", 32) => 0.06,
            _ => 1.1, // node:http joins the writes of a turn by itself
        };
        let costs = sorted(ratios(service, other, |one| one.cost).into_iter());
        let what = format!("{way}, bursts of {burst}: CPU per delivery ÷ {name}");
        self.at_most(what, limit, &costs, *name == "Socket.IO");
        if *name == "ws" {
            let waits = sorted(ratios(service, other, |one| one.p99).into_iter());
            self.at_most(format!("{way}, bursts of {burst}: p99 ÷ {name}"), 1.0, &waits, false);
        }
    }

    /// Events that leave together cost less than one alone.
    fn joined(&mut self, row: &Row) {
        let cost = row.median(|one| one.cost);
        let single = *self.single.get_or_insert(cost);
        for limit in
            [(4, 0.40), (32, 0.15)].into_iter().filter_map(|(burst, limit)| (burst == row.burst).then_some(limit))
        {
            let what = format!("SSE, bursts of {}: CPU per delivery ÷ that of single events", row.burst);
            self.at_most(what, limit, &[cost / single], false);
        }
    }

    /// Where even the worst round counts, it is said.
    fn at_most(&mut self, what: String, limit: f64, sorted: &[f64], strict: bool) {
        let (median, worst) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
        let met = if strict { worst } else { median } <= limit;
        let limit = format!("≤ {limit:.2}{}", if strict { " in every round" } else { "" });
        self.goals.push(Goal { what, limit, median, worst, met });
    }

    /// Round trips; the last is bare ws.
    pub fn echo(&mut self, all: Vec<(&'static str, Vec<Trips>)>) {
        println!("\n| round trips, 1,000 clients in a closed loop | per CPU second | per second | generator's core |");
        println!("| --- | ---: | ---: | ---: |");
        let (_, bare) = all.last().expect("ws");
        for (name, rounds) in &all {
            let middle = |of: fn(&Trips) -> f64| middle(rounds.iter().map(of));
            let busiest = sorted(rounds.iter().map(|one| one.share)).pop().expect("rounds");
            println!(
                "| {name} | {:.0} | {:.0} | {:.0} % |",
                middle(|one| one.per_cpu),
                middle(|one| one.per_second),
                busiest * 100.0
            );
            assert!(busiest < SHARE, "the generator is the bottleneck: {:.0} % of its core", busiest * 100.0);
            if name.starts_with("service") {
                let ratios = sorted(rounds.iter().zip(bare).map(|(one, other)| one.per_cpu / other.per_cpu));
                let (median, worst) = (ratios[ratios.len() / 2], ratios[0]);
                let what = format!("round trips ÷ ws ({name})");
                self.goals.push(Goal { what, limit: "≥ 0.85".to_owned(), median, worst, met: median >= 0.85 });
            }
        }
    }

    /// Bytes per connection that says nothing.
    pub fn idle(&mut self, count: usize, figures: &[(&str, f64)]) {
        println!("\n| {count} idle connections | KB each |");
        println!("| --- | ---: |");
        for (name, bytes) in figures {
            println!("| {name} | {:.1} |", bytes / 1_024.0);
        }
        let of = |name: &str| figures.iter().find(|(one, _)| *one == name).expect("it was measured").1;
        self.at_most("memory per idle connection ÷ ws".to_owned(), 1.3, &[of("service") / of("ws")], false);
    }

    /// What the generator can do when nothing holds it up.
    pub fn ceiling(&mut self, rates: &[(usize, f64)]) {
        println!();
        for (burst, rate) in rates {
            println!("The generator takes {rate:.0} messages/s from a thread that sends {burst} per write.");
        }
        println!("The fastest of the servers above was asked for {:.0} deliveries/s.", self.fastest);
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
}

/// The service against another, round by round.
fn ratios(service: &Row, other: &Row, of: impl Fn(&Measured) -> f64) -> Vec<f64> {
    service.rounds.iter().zip(&other.rounds).map(|(one, other)| of(one) / of(other)).collect()
}

fn middle(values: impl IntoIterator<Item = f64>) -> f64 {
    let values = sorted(values.into_iter());
    values[values.len() / 2]
}
