//! What a connection costs that says nothing.

use std::path::Path;
use std::time::Duration;

use crate::fanout::path_of;
use crate::realtime::load::{Deaf, Load};
use crate::realtime::server::{Server, tokens};
use crate::realtime::speech::{Speech, subscribe};
use crate::report::Report;
use crate::{CLIENTS, Plan, SETTINGS, SOCKET_IO, WS};

/// Subscribers of one channel.
const CIRCLE: usize = 100;

/// Resident bytes per connection of each server.
pub fn measure(repository: &Path, plan: &Plan, report: &mut Report) {
    let service = || Server::service(repository, SETTINGS);
    let tokens = tokens(repository, CLIENTS);
    let connected = |server, speech, subscribes| connected(plan.idle, &tokens, server, speech, subscribes);
    let figures = [
        ("service", connected(service(), Speech::Service, false)),
        ("service, each on a channel of 100", connected(service(), Speech::Service, true)),
        ("ws", connected(Server::script("ws.mjs", WS), Speech::Bare, false)),
        ("Socket.IO", connected(Server::script("socketio.mjs", SOCKET_IO), Speech::SocketIo, false)),
    ];
    report.idle(plan.idle, &figures);
}

fn connected(count: usize, tokens: &[String], server: Server, speech: Speech, subscribes: bool) -> f64 {
    let mut load = Load::new();
    load.tokens = tokens.to_vec();
    load.connect(10, server.port, speech, path_of(speech)); // what is loaded late is not a connection's cost
    let before = server.memory_in_use();
    let clients = load.connect(count, server.port, speech, path_of(speech));
    for index in clients.filter(|_| subscribes) {
        load.clients[index].say(&subscribe(1, &format!("circle-{}", index / CIRCLE), None));
    }
    load.pump(&mut Deaf, Duration::from_secs(3));
    let after = server.memory_in_use();
    let closed = load.clients.iter().filter(|client| client.closed.is_some()).count();
    assert_eq!(closed, 0, "all connections stay");
    (after.saturating_sub(before)) as f64 / count as f64
}
