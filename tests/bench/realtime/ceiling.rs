//! What the generator can take at most: a thread writes prepared frames, one per write, as fast as it can.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::realtime::cores::pin;
use crate::realtime::frames::next_frame;
use crate::realtime::load::{Ear, Load};
use crate::realtime::speech::{Speech, data};
use crate::report::Report;

const SOCKETS: usize = 1_000;
const TIME: Duration = Duration::from_secs(3);

#[derive(Default)]
struct Count(usize);

impl Ear for Count {
    fn hear(&mut self, _: usize, speech: Speech, payload: &[u8]) -> Option<&[u8]> {
        self.0 += usize::from(speech.delivers(payload));
        None
    }
}

pub fn measure(report: &mut Report) {
    let rates = [1, 32].map(|burst| (burst, rate(burst)));
    report.ceiling(&rates);
}

/// Messages per second that the generator counts, at so many per write.
fn rate(burst: usize) -> f64 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let source = thread::spawn(move || blast(&listener, burst));
    let mut load = Load::new();
    load.connect(SOCKETS, port, Speech::Bare, "/");
    let (mut count, start) = (Count::default(), Instant::now());
    load.pump(&mut count, TIME);
    let rate = count.0 as f64 / start.elapsed().as_secs_f64();
    drop(load);
    source.join().expect("the source ends with its sockets");
    rate
}

/// Answers the handshakes, then writes until the other end is gone.
fn blast(listener: &TcpListener, burst: usize) {
    pin(0);
    let mut sockets: Vec<TcpStream> = (0..SOCKETS).map(|_| accept(listener)).collect();
    let text = format!(r#"{{"type":"event","data":{}}}"#, data(0));
    let mut frame = vec![0x81, 126];
    frame.extend(u16::try_from(text.len()).expect("short").to_be_bytes());
    frame.extend(text.as_bytes());
    assert!(next_frame(&frame).is_some(), "a whole frame");
    let frames = frame.repeat(burst);
    while sockets.iter_mut().all(|socket| socket.write_all(&frames).is_ok()) {}
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (mut socket, _) = listener.accept().expect("a client");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut buffer = [0; 1_024];
        let length = socket.read(&mut buffer).expect("a request");
        request.extend(&buffer[..length]);
    }
    socket.set_write_timeout(Some(TIME)).expect("a socket");
    socket.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").expect("a client");
    socket
}
