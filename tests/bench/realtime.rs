//! The emitted real-time service against bare `ws` and Socket.IO, in one run, each process on its own core.
//!
//! `cargo bench --bench realtime` prints Markdown tables and whether the goals are met; `-- --quick` takes two minutes.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a benchmark of whole processes")]

#[path = "realtime/ceiling.rs"]
mod ceiling;
#[path = "realtime/echo.rs"]
mod echo;
#[path = "realtime/fanout.rs"]
mod fanout;
#[path = "realtime/idle.rs"]
mod idle;
mod measure;
#[path = "realtime/mod.rs"]
mod realtime;
#[path = "realtime/report.rs"]
mod report;
#[path = "../support/tools.rs"]
mod tools;

use std::path::Path;
use std::time::Duration;

use fanout::Contestant;
use realtime::cores::pin;
use realtime::load::{Load, raise_file_limit};
use realtime::server::{SECRET, Server, emit, tokens};
use realtime::speech::Speech;
use report::Report;

const WS: &str = "ws@8.23.0";
const SOCKET_IO: &str = "socket.io@4.8.4";
/// Limits stay on, and high enough for the load of one machine.
pub const SETTINGS: &[(&str, &str)] = &[("MAX_UPGRADES_PER_SECOND", "10000"), ("AUTH_SECRET", SECRET)];

/// More than ever connect at a time.
pub const CLIENTS: usize = 11_000;

/// How long and how often.
pub struct Plan {
    /// Turns that each server gets, after one to warm up.
    pub rounds: usize,
    /// One turn.
    pub window: Duration,
    /// Connections that say nothing.
    pub idle: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only = |what: &str| {
        arguments.iter().all(|argument| !argument.starts_with("--only="))
            || arguments.contains(&format!("--only={what}"))
    };
    let plan = if quick {
        Plan { rounds: 3, window: Duration::from_secs(3), idle: 2_000 }
    } else {
        Plan { rounds: 7, window: Duration::from_millis(4_500), idle: 10_000 }
    };
    raise_file_limit();
    pin(1);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = emit(folder.path());
    let mut report = Report::default();
    if only("fanout") {
        sockets(&repository, &plan, &mut report);
    }
    if only("sse") {
        events(&repository, &plan, &mut report);
    }
    if only("idle") {
        idle::measure(&repository, &plan, &mut report);
    }
    if only("ceiling") {
        ceiling::measure(&mut report);
    }
    report.end();
}

/// Fan-out and round trips: all servers stand by, and take turns.
fn sockets(repository: &Path, plan: &Plan, report: &mut Report) {
    let mut load = Load::new();
    load.tokens = tokens(repository, CLIENTS);
    let contestants = [
        Contestant::new(&mut load, "service", Speech::Service, Server::service(repository, SETTINGS)),
        Contestant::new(&mut load, "ws", Speech::Bare, Server::script("ws.mjs", WS)),
        Contestant::new(&mut load, "Socket.IO", Speech::SocketIo, Server::script("socketio.mjs", SOCKET_IO)),
    ];
    fanout::measure(&mut load, &contestants, "WebSocket", plan, report);
    echo::measure(&mut load, &contestants, plan, report);
}

fn events(repository: &Path, plan: &Plan, report: &mut Report) {
    let mut load = Load::new();
    load.tokens = tokens(repository, CLIENTS);
    let contestants = [
        Contestant::readers(&mut load, "service", Speech::Service, Server::service(repository, SETTINGS)),
        Contestant::readers(&mut load, "node:http", Speech::Bare, Server::script("ws.mjs", WS)),
    ];
    fanout::measure(&mut load, &contestants, "SSE", plan, report);
}
