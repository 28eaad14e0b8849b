//! Connections that ask, wait for the answer, hold it against what is right, and ask again: one thread around one epoll.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use serde_json::{Value, json};

use crate::raw::{BATCH, NAMES, Row};

/// Answers are rounded to three places; float32 has seven digits.
const NEAR: f32 = 0.001;

/// What is asked, each in its turn.
pub struct Question {
    requests: Vec<Vec<u8>>,
    /// How many rows each of them holds.
    rows: usize,
}

impl Question {
    pub fn single(path: &str, rows: &[Row]) -> Self {
        Self::of(rows.iter().map(|row| request(path, &named(row).to_string())))
    }

    /// The Open Inference Protocol.
    pub fn inference(path: &str, rows: &[Row]) -> Self {
        let input = |row: &Row| json!({ "name": "rows", "shape": [1, row.len()], "datatype": "FP32", "data": row });
        Self::of(rows.iter().map(|row| request(path, &json!({ "inputs": [input(row)] }).to_string())))
    }

    pub fn json(rows: &[Row]) -> Self {
        let body = |rows: &[Row]| json!({ "rows": rows.iter().map(named).collect::<Vec<_>>() }).to_string();
        Self::many(rows.chunks_exact(BATCH).map(|rows| request(BATCH_PATH, &body(rows))))
    }

    /// float32 in and out.
    pub fn table(rows: &[Row]) -> Self {
        let types = "content-type: application/octet-stream\r\naccept: application/octet-stream";
        let body = |rows: &[Row]| rows.iter().flatten().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let ask = |body: Vec<u8>| [head(BATCH_PATH, types, body.len()), body].concat();
        Self::many(rows.chunks_exact(BATCH).map(|rows| ask(body(rows))))
    }

    fn many(requests: impl Iterator<Item = Vec<u8>>) -> Self {
        Self { requests: requests.collect(), rows: BATCH }
    }

    fn of(requests: impl Iterator<Item = Vec<u8>>) -> Self {
        Self { requests: requests.collect(), rows: 1 }
    }
}

const BATCH_PATH: &str = "/demand-forecast/score/batch";

/// Hour and weekday are whole.
#[allow(clippy::cast_possible_truncation, reason = "they are small")]
fn named(row: &Row) -> Value {
    let whole = |at: usize| if at < 2 { json!(row[at] as i64) } else { json!(row[at]) };
    Value::Object(NAMES.iter().enumerate().map(|(at, name)| ((*name).to_owned(), whole(at))).collect())
}

fn request(path: &str, body: &str) -> Vec<u8> {
    let mut bytes = head(path, "content-type: application/json", body.len());
    bytes.extend(body.as_bytes());
    bytes
}

fn head(path: &str, types: &str, length: usize) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{types}\r\ncontent-length: {length}\r\n\r\n").into_bytes()
}

/// One turn of one server.
pub struct Measured {
    pub requests: usize,
    pub time: Duration,
    /// Of the server.
    pub cpu: Duration,
    /// Seconds that 99 of 100 requests stayed below.
    pub p99: f64,
    /// How much of its core the load itself took.
    pub share: f64,
}

struct Connection {
    stream: TcpStream,
    rest: Vec<u8>,
    asked: Instant,
    /// Which of the rows.
    turn: usize,
}

pub struct Load {
    port: u16,
    count: usize,
    connections: Vec<Connection>,
    question: Question,
    expected: Vec<f32>,
    epoll: Epoll,
    buffer: Vec<u8>,
}

impl Load {
    pub fn new(port: u16, count: usize, question: Question) -> Self {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("epoll");
        let buffer = vec![0; 1 << 20];
        Self { port, count, connections: Vec::new(), question, expected: Vec::new(), epoll, buffer }
    }

    /// Afresh for each turn: servers end what is idle while others have theirs.
    fn connect(&mut self) {
        self.connections.clear();
        for at in 0..self.count {
            let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server takes connections");
            stream.set_nodelay(true).expect("a socket");
            self.epoll.add(stream.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, at as u64)).expect("a socket");
            self.connections.push(Connection { stream, rest: Vec::new(), asked: Instant::now(), turn: at });
        }
    }

    /// What is right, row by row.
    pub fn expect(&mut self, values: Vec<f32>) {
        self.expected = values;
    }

    /// Asks for so long; all that was asked is answered when this returns.
    pub fn run(&mut self, window: Duration) -> Measured {
        self.connect();
        let (start, cpu) = (Instant::now(), own_cpu());
        let mut latencies = Vec::new();
        let mut waiting = self.connections.len();
        (0..waiting).for_each(|at| self.ask(at));
        let mut events = [EpollEvent::empty(); 64];
        while waiting > 0 {
            let limit = EpollTimeout::try_from(Duration::from_secs(20)).expect("a short time");
            let count = self.epoll.wait(&mut events, limit).unwrap_or(0);
            assert!(count > 0, "no answer came in 20 seconds");
            for event in &events[..count] {
                let at = usize::try_from(event.data()).expect("an index");
                if !self.read(at) {
                    continue;
                }
                latencies.push(self.connections[at].asked.elapsed().as_secs_f64());
                if start.elapsed() < window {
                    self.ask(at);
                } else {
                    waiting -= 1;
                }
            }
        }
        let time = start.elapsed();
        latencies.sort_by(f64::total_cmp);
        let p99 = latencies[latencies.len() * 99 / 100];
        let share = (own_cpu() - cpu).as_secs_f64() / time.as_secs_f64();
        Measured { requests: latencies.len(), time, cpu: Duration::ZERO, p99, share }
    }

    fn ask(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        connection.turn += 1;
        connection.asked = Instant::now();
        let request = &self.question.requests[connection.turn % self.question.requests.len()];
        connection.stream.set_nonblocking(false).expect("a socket");
        connection.stream.write_all(request).expect("the server listens");
        connection.stream.set_nonblocking(true).expect("a socket");
    }

    /// Whether the answer is whole; then it was held against what is right.
    fn read(&mut self, at: usize) -> bool {
        let connection = &mut self.connections[at];
        match connection.stream.read(&mut self.buffer) {
            Ok(0) => panic!("the server hung up"),
            Ok(length) => connection.rest.extend(&self.buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => return false,
            Err(error) => panic!("{error}"),
        }
        let Some(head) = connection.rest.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
        let text = String::from_utf8_lossy(&connection.rest[..head]).to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let length: usize = length.expect("a content-length");
        if connection.rest.len() < head + 4 + length {
            return false;
        }
        let body = &connection.rest[head + 4..];
        assert!(text.starts_with("http/1.1 200"), "{text} {}", String::from_utf8_lossy(body));
        let values = if text.contains("octet-stream") { floats(body) } else { values(body) };
        let turn = connection.turn % self.question.requests.len();
        let expected = &self.expected[turn * self.question.rows..][..self.question.rows];
        let right = values.iter().zip(expected).all(|(one, other)| (one - other).abs() <= NEAR);
        assert!(right && values.len() == expected.len(), "{values:?} is not {expected:?}");
        connection.rest.clear();
        true
    }
}

fn floats(body: &[u8]) -> Vec<f32> {
    body.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().expect("four"))).collect()
}

/// Each server has its own form.
#[allow(clippy::cast_possible_truncation, reason = "the model's own precision")]
fn values(body: &[u8]) -> Vec<f32> {
    let told: Value = serde_json::from_slice(body).expect("JSON");
    let found = [told.get("values"), told.pointer("/outputs/0/data"), told.get("value"), Some(&told)];
    let found = found.into_iter().flatten().next().expect("a value");
    let one = |value: &Value| value.as_f64().expect("a number") as f32;
    found.as_array().map_or_else(|| vec![one(found)], |many| many.iter().map(one).collect())
}

fn own_cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the system counts");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}
