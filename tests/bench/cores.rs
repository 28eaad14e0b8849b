//! Which core a process has, and which port is free.

use std::net::TcpListener;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// A port of loopback that nobody listens at.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).expect("a free port").port()
}

/// Does it on that core, and stays on another: a process keeps the core that it was started on.
pub fn on_core<T>(core: usize, action: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(Pid::from_raw(0)).expect("the system tells");
    pin(core);
    let result = action();
    sched_setaffinity(Pid::from_raw(0), &before).expect("it was so before");
    result
}

/// Keeps this thread on a core.
pub fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core).expect("a core");
    // On a machine with one core everything shares it, and the figures say so.
    let _ = sched_setaffinity(Pid::from_raw(0), &set);
}
