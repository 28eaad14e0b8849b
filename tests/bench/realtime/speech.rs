//! What is said to each kind of server, and how its deliveries are told from other messages.

use super::frames::{Message, contains, next_event, next_frame, text_frame};

/// How a client talks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speech {
    /// The emitted service's contract.
    Service,
    /// Bare ws: whatever is published comes back.
    Bare,
    /// Socket.IO over WebSocket.
    SocketIo,
    /// Server-sent events, of either server.
    Events,
}

/// Bytes of what is published.
const SIZE: usize = 200;
/// Stands before every time, so that all have the same length.
const EPOCH: u64 = 1_000_000_000_000;

impl Speech {
    /// Cuts the first message off what came.
    pub fn next(self, bytes: &[u8]) -> Option<(Message<'_>, usize)> {
        match self {
            Self::Events => next_event(bytes),
            _ => next_frame(bytes),
        }
    }

    /// Whether it is something that was published.
    pub fn delivers(self, payload: &[u8]) -> bool {
        match self {
            Self::Service => payload.starts_with(br#"{"type":"event""#),
            Self::Bare => true,
            Self::SocketIo => payload.starts_with(b"42"),
            Self::Events => payload.ends_with(b"}\n") && !contains(&payload[..payload.len().min(80)], b"accepted"),
        }
    }

    /// The frame that publishes an object.
    pub fn publish(self, id: u64, channel: &str, data: &str) -> Vec<u8> {
        text_frame(&match self {
            Self::Service => format!(r#"{{"type":"publish","id":{id},"channel":"{channel}","data":{data}}}"#),
            Self::Bare => format!(r#"{{"type":"publish","data":{data}}}"#),
            Self::SocketIo => format!(r#"42["publish",{data}]"#),
            Self::Events => unreachable!("readers only read"),
        })
    }
}

/// An object of 200 bytes that carries the time in microseconds.
pub fn data(time: u64) -> String {
    data_of(time, SIZE)
}

/// The same of another size.
pub fn data_of(time: u64, size: usize) -> String {
    let start = format!(r#"{{"t":{},"text":""#, EPOCH + time);
    format!(r#"{start}{}"}}"#, "x".repeat(size - start.len() - 2))
}

/// The time that an object carries.
pub fn time_of(payload: &[u8]) -> Option<u64> {
    super::frames::number_after(payload, br#""t":"#)?.checked_sub(EPOCH)
}

/// Asks the emitted service for a channel.
pub fn subscribe(id: u64, channel: &str, since: Option<(&str, u64)>) -> Vec<u8> {
    let since =
        since.map(|(epoch, offset)| format!(r#","since":{{"epoch":"{epoch}","offset":{offset}}}"#)).unwrap_or_default();
    text_frame(&format!(r#"{{"type":"subscribe","id":{id},"channel":"{channel}"{since}}}"#))
}
