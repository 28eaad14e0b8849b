//! Round trips in a closed loop: the server is saturated, so that its CPU time per round trip is its speed.

use std::time::{Duration, Instant};

use crate::Plan;
use crate::fanout::{Contestant, path_of};
use crate::realtime::frames::text_frame;
use crate::realtime::load::{Deaf, Ear, Load, cpu};
use crate::realtime::server::Server;
use crate::realtime::speech::{Speech, data, subscribe};
use crate::report::Report;

const CLIENTS: usize = 1_000;

/// What goes there and back.
struct Echo {
    name: &'static str,
    /// What the answer begins with.
    answer: &'static [u8],
    first: usize,
    frames: Vec<Vec<u8>>,
    count: usize,
    stopped: bool,
}

impl Ear for Echo {
    fn hear(&mut self, client: usize, _: Speech, payload: &[u8]) -> Option<&[u8]> {
        let frame = self.frames.get(client.checked_sub(self.first)?)?;
        if !payload.starts_with(self.answer) {
            return None;
        }
        self.count += 1;
        (!self.stopped).then_some(frame)
    }
}

/// Round trips per second of the server's CPU, per second of the clock, and the generator's share of its core.
#[derive(Clone, Copy)]
pub struct Trips {
    pub per_cpu: f64,
    pub per_second: f64,
    pub share: f64,
}

pub fn measure(load: &mut Load, contestants: &[Contestant], plan: &Plan, report: &mut Report) {
    let server = |speech| &contestants.iter().find(|one| one.speech == speech).expect("it takes part").server;
    let mut echoes = [
        (server(Speech::Service), publishes(load, server(Speech::Service).port)),
        (server(Speech::Service), pings(load, server(Speech::Service).port)),
        (server(Speech::Bare), bare(load, server(Speech::Bare).port)),
    ];
    let mut rounds = vec![Vec::new(); echoes.len()];
    for round in 0..=plan.rounds {
        for turn in 0..echoes.len() {
            let at = (round + turn) % echoes.len();
            let (server, echo) = &mut echoes[at];
            let trips = window(load, server, echo, plan.window);
            if round > 0 {
                rounds[at].push(trips);
            }
        }
    }
    report.echo(echoes.iter().map(|(_, echo)| echo.name).zip(rounds).collect());
}

fn window(load: &mut Load, server: &Server, echo: &mut Echo, time: Duration) -> Trips {
    echo.stopped = false;
    for (index, frame) in echo.frames.iter().enumerate() {
        load.clients[echo.first + index].say(frame);
    }
    load.pump(echo, time / 4);
    let (before, own, count, start) = (server.cpu(), cpu(), echo.count, Instant::now());
    load.pump(echo, time);
    let trips = (echo.count - count) as f64;
    let used = (server.cpu() - before).as_secs_f64();
    let (elapsed, own) = (start.elapsed(), cpu() - own);
    echo.stopped = true;
    load.pump(echo, Duration::from_millis(300));
    let closed = (0..echo.frames.len()).find_map(|index| load.clients[echo.first + index].closed);
    assert_eq!(closed, None, "{}: no client is cut off", echo.name);
    Trips { per_cpu: trips / used, per_second: trips / elapsed.as_secs_f64(), share: own.div_duration_f64(elapsed) }
}

/// Each client on a channel of its own, where it hears itself.
fn publishes(load: &mut Load, port: u16) -> Echo {
    let clients = load.connect(CLIENTS, port, Speech::Service, path_of(Speech::Service));
    let channel = |index: usize| format!("echo-{index}");
    for index in clients.clone() {
        load.clients[index].say(&subscribe(1, &channel(index), None));
    }
    load.pump(&mut Deaf, Duration::from_millis(500));
    let frames = clients.clone().map(|index| Speech::Service.publish(1, &channel(index), &data(0))).collect();
    Echo::new("service: publish → own event", br#"{"type":"event""#, clients.start, frames)
}

/// The service's own short round trip.
fn pings(load: &mut Load, port: u16) -> Echo {
    let clients = load.connect(CLIENTS, port, Speech::Service, path_of(Speech::Service));
    let frames = vec![text_frame(r#"{"type":"ping"}"#); CLIENTS];
    Echo::new("service: ping → pong", br#"{"type":"pong""#, clients.start, frames)
}

fn bare(load: &mut Load, port: u16) -> Echo {
    let clients = load.connect(CLIENTS, port, Speech::Bare, "/echo");
    Echo::new("ws: send → same bytes", b"{", clients.start, vec![text_frame(&data(0)); CLIENTS])
}

impl Echo {
    fn new(name: &'static str, answer: &'static [u8], first: usize, frames: Vec<Vec<u8>>) -> Self {
        Self { name, answer, first, frames, count: 0, stopped: false }
    }
}
