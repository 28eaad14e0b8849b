//! The emitted real-time service under load: readers that stall, and ten minutes of coming and going.
//! `cargo test --test realtime -- --include-ignored`; the soak runs with `DUOSTACK_SOAK=10`, in minutes.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests start processes and measure time")]

#[path = "bench/realtime/mod.rs"]
mod realtime;
#[path = "support/tools.rs"]
mod tools;

#[path = "bench/realtime/soak.rs"]
mod soak;
#[path = "bench/realtime/stalled.rs"]
mod stalled;

use std::sync::Mutex;

/// Each has both cores to itself.
static TURN: Mutex<()> = Mutex::new(());

#[test]
#[ignore = "toolchains: installs packages and loads a server for two minutes"]
fn who_stops_reading_slows_nobody_and_misses_nothing_unawares() {
    let _turn = TURN.lock();
    stalled::run();
}

#[test]
#[ignore = "long: `DUOSTACK_SOAK=10` minutes of load"]
fn memory_stays_flat_under_load() {
    let _turn = TURN.lock();
    match std::env::var("DUOSTACK_SOAK").ok().and_then(|minutes| minutes.parse().ok()) {
        Some(minutes) => soak::run(minutes),
        None => eprintln!("skipped: set DUOSTACK_SOAK to the minutes that it may take"),
    }
}
