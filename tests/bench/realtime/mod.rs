//! Load for real-time services: thousands of clients in one thread, and the servers that they talk to.
#![allow(dead_code, missing_docs, reason = "the benchmark and the tests each use their own part of this")]

pub mod client;
#[path = "../cores.rs"]
pub mod cores;
pub mod frames;
pub mod ledger;
pub mod load;
pub mod server;
pub mod speech;
