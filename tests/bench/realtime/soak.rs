//! Minutes of publishing, coming, going and resuming: memory is flat, and nothing is left behind.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::realtime::cores::pin;
use crate::realtime::frames::{close_frame, text_frame};
use crate::realtime::ledger::Ledger;
use crate::realtime::load::{Load, raise_file_limit};
use crate::realtime::server::{Server, emit};
use crate::realtime::speech::{Speech, data, subscribe};

const CHANNELS: usize = 5;
const SUBSCRIBERS: usize = 300;
/// Each second so many leave and are replaced.
const CHURN: usize = 20;
const BURST: u64 = 4;
/// Bursts per second, each on the next channel.
const BURSTS: u64 = 5;
/// Over the measured time memory may grow by this part of itself: one kilobyte per client that came and went
/// would be more within ten minutes.
const GROWTH: f64 = 0.05;

pub fn run(minutes: u64) {
    raise_file_limit();
    pin(1);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::service(&emit(folder.path()), &[]);
    let seconds = minutes * 60;
    let samples = load(&server, seconds);
    let settled = &samples[samples.len() / 5..]; // the first fifth warms up
    let (growth, mean) = (growth(settled), settled.iter().sum::<f64>() / settled.len() as f64);
    println!("{minutes} minutes: {mean:.1} MB on average, {growth:+.2} MB from the first to the last, as fitted");
    assert!(growth <= GROWTH * mean, "memory grows");
    is_empty(server.port);
}

/// Loads the server for so long; gives its memory in MB of every second.
fn load(server: &Server, seconds: u64) -> Vec<f64> {
    let mut load = Load::new();
    load.connect(1, server.port, Speech::Service, "/ws");
    let all = load.connect(SUBSCRIBERS, server.port, Speech::Service, "/ws");
    let mut ledger = Ledger::new(load.born, 1);
    for index in all.clone() {
        load.clients[index].say(&subscribe(1, &channel(index), None));
    }
    let mut churned = 0;
    let mut samples = Vec::new();
    for second in 0..seconds {
        server.collect();
        for _ in 0..CHURN {
            let index = all.start + churned % SUBSCRIBERS;
            churn(&mut load, &mut ledger, index, churned, server.port);
            churned += 1;
        }
        publish_for_a_second(&mut load, &mut ledger, second);
        samples.push(server.memory() as f64 / f64::from(1 << 20));
        ledger.waits.clear();
    }
    let (recovered, gaps) = ledger.logs.iter().fold((0, 0), |sum, log| (sum.0 + log.recovered, sum.1 + log.gaps));
    println!("{churned} came and went, {recovered} resumed, {gaps} were told of a gap");
    for (index, log) in ledger.logs.iter().enumerate().skip(1) {
        assert_eq!((&log.broken, log.refused), (&None, 0), "client {index}: {log:?}");
        assert_eq!(load.clients[index].closed, None, "client {index} stays");
    }
    samples
}

/// Every other one leaves without a word; every other pair comes back for what it missed, the others start afresh.
fn churn(load: &mut Load, ledger: &mut Ledger, index: usize, turn: usize, port: u16) {
    if turn.is_multiple_of(2) {
        load.clients[index].say(&close_frame());
    }
    load.replace(index, port, "/ws");
    let log = ledger.log(index);
    let since = (turn % 4 < 2).then_some((&*log.epoch, log.offset));
    let frame = subscribe(1, &channel(index), since);
    load.clients[index].say(&frame);
    load.clients[index].say(&text_frame(&format!(r#"{{"type":"presence","id":2,"channel":"{}"}}"#, channel(index))));
}

fn publish_for_a_second(load: &mut Load, ledger: &mut Ledger, second: u64) {
    let start = Instant::now();
    for turn in 0..BURSTS {
        let name = channel((second * BURSTS + turn) as usize);
        let frames: Vec<u8> =
            (0..BURST).flat_map(|id| Speech::Service.publish(id, &name, &data(load.time()))).collect();
        load.clients[0].say(&frames);
        let next = start + Duration::from_millis((turn + 1) * 1_000 / BURSTS);
        load.pump(ledger, next.saturating_duration_since(Instant::now()));
    }
}

fn channel(index: usize) -> String {
    format!("soak-{}", index % CHANNELS)
}

/// The growth from the first sample to the last along the line that fits best.
fn growth(samples: &[f64]) -> f64 {
    let count = samples.len() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, samples.iter().sum::<f64>() / count);
    let (mut along, mut square) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let distance = at as f64 - middle;
        along += distance * (sample - mean);
        square += distance * distance;
    }
    along / square * (count - 1.0)
}

/// All gauges of connections and what hangs on them are back at nothing.
fn is_empty(port: u16) {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let metrics = metrics(port);
        let left = left(&metrics);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "still there: {left:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn left(metrics: &str) -> Vec<&str> {
    let counts = |line: &&str| {
        ["connections", "subscriptions", "subscribers", "members", "behind"].iter().any(|word| line.contains(word))
    };
    let gauges = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" gauge"));
    let names: Vec<&str> = gauges.filter(counts).collect();
    assert!(names.iter().any(|name| name.contains("connections")), "connections are counted: {names:?}");
    let values = metrics.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
    values.filter(|line| !line.ends_with(" 0")).collect()
}

fn metrics(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
