//! What each subscriber of the emitted service was told, and whether that holds together.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::frames::{contains, number_after};
use super::load::{Ear, Load};
use super::speech::{Speech, subscribe, time_of};

/// One subscriber's place in its channel.
#[derive(Clone, Default, Debug)]
pub struct Log {
    pub epoch: String,
    pub offset: u64,
    pub events: u64,
    /// How often it was told that events are missing.
    pub gaps: u64,
    /// Answers to subscribing: all was recovered, or not.
    pub recovered: u64,
    pub unrecovered: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// What should never be.
    pub broken: Option<String>,
}

/// Every subscriber's log, by its number.
pub struct Ledger {
    pub logs: Vec<Log>,
    /// Microseconds from publishing to hearing.
    pub waits: Vec<u64>,
    born: Instant,
    publishers: usize,
}

impl Ledger {
    /// The first clients only publish, and are not listened to.
    pub fn new(born: Instant, publishers: usize) -> Self {
        Self { logs: Vec::new(), waits: Vec::new(), born, publishers }
    }

    /// The log of a client, which may be new.
    pub fn log(&mut self, client: usize) -> &mut Log {
        if self.logs.len() <= client {
            self.logs.resize(client + 1, Log::default());
        }
        &mut self.logs[client]
    }

    /// Subscribes clients to a channel and waits for the answers. Each hears of all who come after it: that takes time.
    pub fn subscribe(&mut self, load: &mut Load, clients: Range<usize>, channel: &str) {
        for index in clients.clone() {
            load.clients[index].say(&subscribe(1, channel, None));
        }
        load.until(self, Duration::from_secs(120), |ledger| {
            clients.clone().all(|index| ledger.logs.get(index).is_some_and(|log| log.unrecovered == 1))
        });
    }

    /// Milliseconds within which 99 of 100 of the waits so far lay, which are then forgotten.
    pub fn p99(&mut self) -> f64 {
        self.waits.sort_unstable();
        let wait = self.waits[(self.waits.len() - 1) * 99 / 100];
        self.waits.clear();
        wait as f64 / 1e3
    }
}

impl Ear for Ledger {
    fn hear(&mut self, client: usize, _: Speech, payload: &[u8]) -> Option<&[u8]> {
        if client < self.publishers {
            return None;
        }
        if client.is_multiple_of(10)
            && let Some(time) = time_of(payload)
        {
            self.waits.push(self.born.elapsed().as_micros() as u64 - time);
        }
        self.log(client).take(payload);
        None
    }
}

impl Log {
    fn take(&mut self, payload: &[u8]) {
        let offset = || number_after(payload, br#""offset":"#).expect("an offset");
        if payload.starts_with(br#"{"type":"event""#) {
            self.event(offset());
        } else if payload.starts_with(br#"{"type":"accepted""#) && contains(payload, br#""recovered":"#) {
            self.accepted(payload, offset());
        } else if payload.starts_with(br#"{"type":"gap""#) {
            self.gaps += 1;
            self.offset = offset();
            self.epoch = epoch_of(payload);
        } else if payload.starts_with(br#"{"type":"refused""#) {
            self.refused += 1;
        }
    }

    fn event(&mut self, offset: u64) {
        if offset != self.offset + 1 && self.broken.is_none() {
            self.broken = Some(format!("{offset} came after {}", self.offset));
        }
        self.offset = offset;
        self.events += 1;
    }

    /// What was missed follows, or nothing of it.
    fn accepted(&mut self, payload: &[u8], offset: u64) {
        if contains(payload, br#""recovered":true"#) {
            self.recovered += 1;
        } else {
            self.unrecovered += 1;
            self.offset = offset;
        }
        self.epoch = epoch_of(payload);
    }
}

fn epoch_of(payload: &[u8]) -> String {
    let message: serde_json::Value = serde_json::from_slice(payload).expect("JSON");
    message["epoch"].as_str().expect("an epoch").to_owned()
}
