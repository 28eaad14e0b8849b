//! A thousand subscribers of which fifty stop reading for a minute.

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::realtime::cores::pin;
use crate::realtime::ledger::Ledger;
use crate::realtime::load::{Load, raise_file_limit};
use crate::realtime::server::{Server, emit};
use crate::realtime::speech::{Speech, data_of, subscribe};

const SUBSCRIBERS: usize = 1_000;
const STALLED: usize = 50;
const CHANNEL: &str = "bench";
/// Forty thousand kilobytes of kernel buffers would hide fifty stalled readers of short messages: these are long,
/// so that each has 7 MB to miss, and a kernel keeps less than 3 MB for a connection on loopback.
const SIZE: usize = 4_096;
const BURST: usize = 3;
const INTERVAL: Duration = Duration::from_millis(100);
const SLICE: Duration = Duration::from_secs(5);
/// Slices before and after the stall, and during it.
const CALM: usize = 3;
const STALL: usize = 12;
/// What the service may keep for one that does not read, before it is cut off, as its limits say; and as much for
/// everything else, which is the garbage of the moment.
const BACKLOG: u64 = 1 << 20;

/// The service with its publisher, who is client 0, and everybody else.
struct Scene {
    load: Load,
    server: Server,
    ledger: Ledger,
    readers: Range<usize>,
    stalled: Range<usize>,
    published: u64,
}

pub fn run() {
    let files = raise_file_limit();
    assert!(files > 2_000, "{files} open files are too few");
    pin(1);
    let folder = tempfile::tempdir().unwrap();
    let repository = emit(folder.path());
    let mut scene = Scene::new(Server::service(&repository, &[("MAX_UPGRADES_PER_SECOND", "10000")]));
    let mut calm = scene.slices(CALM);
    let before = scene.server.memory();
    for index in scene.stalled.clone() {
        scene.load.ignore(index);
    }
    let stalled = scene.slices(STALL / 2);
    let half = scene.server.memory();
    let stalled = [stalled, scene.slices(STALL / 2)].concat();
    let after = scene.server.memory();
    scene.wake();
    calm.extend(scene.slices(CALM));
    scene.settle();
    scene.is_whole();
    let megabytes = [before, half, after].map(|bytes| bytes >> 20);
    println!("memory before, half way and after a minute of {STALLED} stalled: {megabytes:?} MB");
    let bound = 2 * BACKLOG * STALLED as u64;
    assert!(after < before + bound, "memory grew by more than {} MB", bound >> 20);
    assert!(after < half + bound / 4, "memory still grows");
    let [calm, stalled] = [calm, stalled].map(quiet);
    println!("p99 in ms, of the quieter slices of {SLICE:?}: {calm:.1} without stalled readers, {stalled:.1} with");
    assert!(stalled <= 2.0 * calm, "those who read are slowed");
}

impl Scene {
    fn new(server: Server) -> Self {
        let mut load = Load::new();
        load.connect(1, server.port, Speech::Service, "/ws");
        let all = load.connect(SUBSCRIBERS, server.port, Speech::Service, "/ws");
        let (readers, stalled) = (all.start..all.end - STALLED, all.end - STALLED..all.end);
        let mut ledger = Ledger::new(load.born, 1);
        ledger.subscribe(&mut load, all, CHANNEL);
        Self { load, server, ledger, readers, stalled, published: 0 }
    }

    /// Publishes at a steady rate; gives the p99 of each slice.
    fn slices(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.slice()).collect()
    }

    fn slice(&mut self) -> f64 {
        let mut next = Instant::now();
        let end = next + SLICE;
        while next < end {
            let frames: Vec<u8> = (0..BURST as u64)
                .flat_map(|id| Speech::Service.publish(id, CHANNEL, &data_of(self.load.time(), SIZE)))
                .collect();
            self.load.clients[0].say(&frames);
            self.published += BURST as u64;
            next += INTERVAL;
            self.load.pump(&mut self.ledger, next.saturating_duration_since(Instant::now()));
        }
        self.ledger.p99()
    }

    /// Those who stalled read on.
    fn wake(&mut self) {
        for index in self.stalled.clone() {
            self.load.listen(index);
        }
        self.load.pump(&mut self.ledger, Duration::from_secs(2));
        self.ledger.waits.clear(); // they waited for a minute, which nobody asked about
        self.come_back();
    }

    /// Who was cut off connects again and asks for what came after the last that it heard.
    fn come_back(&mut self) {
        let cut: Vec<usize> = self.stalled.clone().filter(|&index| self.load.clients[index].closed.is_some()).collect();
        let codes: Vec<_> = cut.iter().filter_map(|&index| self.load.clients[index].closed).collect();
        println!("{} of {STALLED} were cut off, with {:?}", cut.len(), codes.first());
        for index in cut {
            self.load.replace(index, self.server.port, "/ws");
            let log = self.ledger.log(index);
            let frame = subscribe(2, CHANNEL, Some((&log.epoch, log.offset)));
            self.load.clients[index].say(&frame);
        }
    }

    /// Everybody hears the last message.
    fn settle(&mut self) {
        let (last, all) = (self.published, self.readers.start..self.stalled.end);
        self.load.until(&mut self.ledger, Duration::from_secs(20), |ledger| {
            all.clone().all(|index| ledger.logs[index].offset == last)
        });
    }

    /// Who read has everything; who did not has no hole that it was not told of.
    fn is_whole(&self) {
        let logs = &self.ledger.logs;
        let broken = logs.iter().find(|log| log.broken.is_some());
        assert!(broken.is_none(), "{broken:?}");
        for index in self.readers.clone() {
            assert_eq!((logs[index].events, logs[index].gaps), (self.published, 0), "client {index}");
            assert_eq!(self.load.clients[index].closed, None, "client {index} stays");
        }
        let told = |of: fn(&super::realtime::ledger::Log) -> u64| -> u64 {
            self.stalled.clone().map(|index| of(&logs[index])).sum()
        };
        println!(
            "the stalled: {} gaps told, {} recovered, {} not recovered, {} of {} events heard",
            told(|log| log.gaps),
            told(|log| log.recovered),
            told(|log| log.unrecovered) - STALLED as u64,
            told(|log| log.events),
            self.published * STALLED as u64,
        );
    }
}

/// The lower quartile: whatever else the machine does makes some slices slow, a stalled reader all of them.
fn quiet(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}
