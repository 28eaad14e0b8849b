//! One connection of the load.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::frames::{Message, pong_frame, text_frame};
use super::load::Ear;
use super::speech::Speech;

/// A connected client, and what of a message has come so far.
pub struct Client {
    pub stream: TcpStream,
    pub speech: Speech,
    /// Set once the server has ended the connection; with its code, if it gave one.
    pub closed: Option<u16>,
    rest: Vec<u8>,
}

/// For connections that ended without a code.
pub const NO_CODE: u16 = 1006;

impl Client {
    /// Connects and shakes hands, waiting for the answer.
    pub fn connect(port: u16, speech: Speech, path: &str, token: Option<&String>) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server takes connections");
        stream.set_nodelay(true).expect("a socket");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        stream.write_all(request(port, speech, path, token).as_bytes()).expect("the server listens");
        let rest = answer(&mut stream);
        stream.set_nonblocking(true).expect("a socket");
        let mut client = Self { stream, speech, closed: None, rest };
        if speech == Speech::SocketIo {
            client.say(&text_frame("40"));
        }
        client
    }

    /// Sends in one go: what is said is short, and the server reads.
    pub fn say(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).is_err() {
            self.closed.get_or_insert(NO_CODE);
        }
    }

    /// Takes what has come, and passes whole messages on.
    pub fn read(&mut self, index: usize, buffer: &mut [u8], ear: &mut impl Ear) {
        match self.stream.read(buffer) {
            Ok(0) => _ = self.closed.get_or_insert(NO_CODE),
            Ok(length) => self.take(index, &buffer[..length], ear),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => _ = self.closed.get_or_insert(NO_CODE),
        }
    }

    fn take(&mut self, index: usize, bytes: &[u8], ear: &mut impl Ear) {
        if self.rest.is_empty() {
            let used = self.split(index, bytes, ear);
            self.rest.extend(&bytes[used..]);
        } else {
            let mut rest = std::mem::take(&mut self.rest);
            rest.extend(bytes);
            let used = self.split(index, &rest, ear);
            rest.drain(..used);
            if rest.is_empty() {
                rest = Vec::new(); // a thousand clients' buffers would outgrow the cache
            }
            self.rest = rest;
        }
    }

    fn split(&mut self, index: usize, bytes: &[u8], ear: &mut impl Ear) -> usize {
        let mut used = 0;
        while let Some((message, length)) = self.speech.next(&bytes[used..]) {
            self.hear(index, &message, ear);
            used += length;
        }
        used
    }

    fn hear(&mut self, index: usize, message: &Message<'_>, ear: &mut impl Ear) {
        match message.opcode {
            0x8 => self.closed = Some(message.payload.first_chunk().map_or(NO_CODE, |code| u16::from_be_bytes(*code))),
            0x9 => self.say(&pong_frame(message.payload)),
            0xA => {}
            _ if self.speech == Speech::SocketIo && message.payload == b"2" => self.say(&text_frame("3")),
            _ => {
                if let Some(answer) = ear.hear(index, self.speech, message.payload) {
                    self.say(answer);
                }
            }
        }
    }
}

fn request(port: u16, speech: Speech, path: &str, token: Option<&String>) -> String {
    let upgrade = match speech {
        Speech::Events => "accept: text/event-stream\r\n",
        _ => {
            "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        }
    };
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let host = format!("127.0.0.1:{port}");
    format!("GET {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n{token}{upgrade}\r\n")
}

/// Reads the head of the answer, and gives back what came behind it.
fn answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4_096];
        let length = stream.read(&mut buffer).expect("the server answers");
        assert!(length > 0, "the server hung up: {}", String::from_utf8_lossy(&bytes));
        bytes.extend(&buffer[..length]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let status = bytes.get(9..12).unwrap_or_default();
            assert!(matches!(status, b"101" | b"200"), "{}", String::from_utf8_lossy(&bytes));
            return bytes.split_off(end + 4);
        }
    }
}
