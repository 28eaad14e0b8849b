//! One publisher, a thousand subscribers: what a delivery costs and how long it takes.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::Plan;
use crate::realtime::ledger::Ledger;
use crate::realtime::load::{Deaf, Ear, Load, cpu};
use crate::realtime::server::Server;
use crate::realtime::speech::{Speech, data, time_of};
use crate::report::{Report, Row};

pub const SUBSCRIBERS: usize = 1_000;
pub const CHANNEL: &str = "bench";
/// Messages that the server finds in one turn, and the time between two such bursts: far from saturation.
const BURSTS: [(usize, Duration); 3] =
    [(1, Duration::from_millis(50)), (4, Duration::from_millis(150)), (32, Duration::from_millis(1_000))];

/// A server with its subscribers and its publisher.
pub struct Contestant {
    pub name: &'static str,
    pub speech: Speech,
    pub server: Server,
    subscribers: Range<usize>,
    publisher: usize,
}

impl Contestant {
    /// Subscribers by WebSocket.
    pub fn new(load: &mut Load, name: &'static str, speech: Speech, server: Server) -> Self {
        let path = path_of(speech);
        let subscribers = load.connect(SUBSCRIBERS, server.port, speech, path);
        if speech == Speech::Service {
            Ledger::new(load.born, subscribers.start).subscribe(load, subscribers.clone(), CHANNEL);
        }
        Self::with(load, name, speech, server, subscribers)
    }

    /// Subscribers by server-sent events.
    pub fn readers(load: &mut Load, name: &'static str, speech: Speech, server: Server) -> Self {
        let subscribers = load.connect(SUBSCRIBERS, server.port, Speech::Events, &format!("/sse?channel={CHANNEL}"));
        Self::with(load, name, speech, server, subscribers)
    }

    fn with(load: &mut Load, name: &'static str, speech: Speech, server: Server, subscribers: Range<usize>) -> Self {
        let publisher = load.connect(1, server.port, speech, path_of(speech)).start;
        load.pump(&mut Deaf, Duration::from_millis(500));
        load.pump(&mut Deaf, Duration::ZERO);
        Self { name, speech, server, subscribers, publisher }
    }

    /// Publishes bursts for so long; every subscriber gets every message.
    fn window(&self, load: &mut Load, (burst, interval): (usize, Duration), time: Duration) -> Measured {
        let mut tally = Tally::new(self.subscribers.clone(), load.born);
        let (server, own, start) = (self.server.cpu(), cpu(), Instant::now());
        let mut published = 0;
        let mut next = start;
        while next < start + time {
            load.pump(&mut tally, next.saturating_duration_since(Instant::now()));
            self.publish(load, burst);
            published += burst;
            next += interval;
        }
        let expected = published * self.subscribers.len();
        load.until(&mut tally, Duration::from_secs(10), |tally| tally.delivered >= expected);
        load.pump(&mut tally, next.saturating_duration_since(Instant::now()));
        assert_eq!(tally.delivered, expected, "{}: nothing is lost or doubled", self.name);
        let elapsed = start.elapsed();
        let micros = (self.server.cpu() - server).as_secs_f64() * 1e6;
        tally.measured(micros, (cpu() - own).div_duration_f64(elapsed), elapsed)
    }

    /// One write, so that the server finds the whole burst in one turn.
    fn publish(&self, load: &mut Load, burst: usize) {
        let frames: Vec<u8> =
            (0..burst as u64).flat_map(|id| self.speech.publish(id, CHANNEL, &data(load.time()))).collect();
        load.clients[self.publisher].say(&frames);
    }
}

/// Where the clients of each server connect.
pub fn path_of(speech: Speech) -> &'static str {
    match speech {
        Speech::Service => "/ws",
        Speech::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        Speech::Bare | Speech::Events => "/",
    }
}

/// What one window showed.
#[derive(Clone, Copy)]
pub struct Measured {
    /// Microseconds of the server's CPU per delivered message.
    pub cost: f64,
    /// Milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// The generator's share of its core.
    pub share: f64,
    /// Deliveries per second.
    pub rate: f64,
}

/// Counts deliveries, and times those of every tenth subscriber.
struct Tally {
    subscribers: Range<usize>,
    born: Instant,
    delivered: usize,
    micros: Vec<u64>,
}

impl Tally {
    fn new(subscribers: Range<usize>, born: Instant) -> Self {
        Self { subscribers, born, delivered: 0, micros: Vec::new() }
    }

    fn measured(mut self, micros: f64, share: f64, elapsed: Duration) -> Measured {
        self.micros.sort_unstable();
        let percentile = |part: usize| self.micros[(self.micros.len() - 1) * part / 100] as f64 / 1e3;
        let delivered = self.delivered as f64;
        Measured {
            cost: micros / delivered,
            p50: percentile(50),
            p99: percentile(99),
            share,
            rate: delivered / elapsed.as_secs_f64(),
        }
    }
}

impl Ear for Tally {
    fn hear(&mut self, client: usize, speech: Speech, payload: &[u8]) -> Option<&[u8]> {
        if self.subscribers.contains(&client) && speech.delivers(payload) {
            self.delivered += 1;
            if client.is_multiple_of(10) {
                let now = self.born.elapsed().as_micros() as u64;
                self.micros.push(now - time_of(payload).expect("a time"));
            }
        }
        None
    }
}

/// All bursts, round after round; who begins changes.
pub fn measure(load: &mut Load, contestants: &[Contestant], way: &'static str, plan: &Plan, report: &mut Report) {
    for burst in BURSTS {
        let mut rows: Vec<Row> = contestants.iter().map(|one| Row::new(way, burst.0, one.name)).collect();
        for round in 0..=plan.rounds {
            for turn in 0..contestants.len() {
                let at = (round + turn) % contestants.len();
                let measured = contestants[at].window(load, burst, plan.window);
                if round > 0 {
                    rows[at].rounds.push(measured); // the first round warms up
                }
            }
        }
        report.fan_out(rows);
    }
}
