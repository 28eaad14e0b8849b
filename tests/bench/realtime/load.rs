//! All clients in one thread around one epoll.

use std::ops::Range;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeValLike;

use super::client::Client;
use super::speech::Speech;

/// What is done with messages.
pub trait Ear {
    /// Hears a text; what it returns is sent back.
    fn hear(&mut self, client: usize, speech: Speech, payload: &[u8]) -> Option<&[u8]>;
}

/// Hears nothing.
pub struct Deaf;

impl Ear for Deaf {
    fn hear(&mut self, _: usize, _: Speech, _: &[u8]) -> Option<&[u8]> {
        None
    }
}

/// Clients, numbered in the order of their coming.
pub struct Load {
    pub clients: Vec<Client>,
    /// What each client signs in with, by its number.
    pub tokens: Vec<String>,
    epoll: Epoll,
    buffer: Vec<u8>,
    events: Vec<EpollEvent>,
    pub born: Instant,
}

impl Load {
    pub fn new() -> Self {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).expect("epoll");
        Self {
            clients: Vec::new(),
            tokens: Vec::new(),
            epoll,
            buffer: vec![0; 256 << 10],
            events: vec![EpollEvent::empty(); 256],
            born: Instant::now(),
        }
    }

    /// Microseconds of this load's life.
    pub fn time(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_micros()).expect("no load lives that long")
    }

    /// Connects so many clients.
    pub fn connect(&mut self, count: usize, port: u16, speech: Speech, path: &str) -> Range<usize> {
        let first = self.clients.len();
        for index in first..first + count {
            self.clients.push(Client::connect(port, speech, path, self.tokens.get(index)));
            self.listen(index);
            if index % 100 == 99 {
                self.pump(&mut Deaf, Duration::ZERO); // what the others hear must not pile up
            }
        }
        first..first + count
    }

    /// Ends a client's connection and gives its place to a new one.
    pub fn replace(&mut self, index: usize, port: u16, path: &str) {
        let old = &self.clients[index];
        if old.closed.is_none() {
            self.ignore(index);
        }
        self.clients[index] = Client::connect(port, self.clients[index].speech, path, self.tokens.get(index));
        self.listen(index);
    }

    /// Reads what the client is sent, from now on.
    pub fn listen(&mut self, index: usize) {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
        self.epoll.add(self.clients[index].stream.as_fd(), event).expect("a socket");
    }

    /// Leaves what the client is sent where it is.
    pub fn ignore(&mut self, index: usize) {
        self.epoll.delete(self.clients[index].stream.as_fd()).expect("a socket");
    }

    /// Reads for so long.
    pub fn pump(&mut self, ear: &mut impl Ear, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let some = self.turn(ear, left);
            if left.is_zero() && (!some || !time.is_zero()) {
                return;
            }
        }
    }

    /// Reads until the ear has heard enough, and fails when it takes too long.
    pub fn until<E: Ear>(&mut self, ear: &mut E, limit: Duration, enough: impl Fn(&E) -> bool) {
        let end = Instant::now() + limit;
        while !enough(ear) {
            assert!(Instant::now() < end, "what was waited for did not come in {limit:?}");
            self.turn(ear, Duration::from_millis(10));
        }
    }

    /// Whether anything came.
    fn turn(&mut self, ear: &mut impl Ear, wait: Duration) -> bool {
        let wait = EpollTimeout::try_from(wait).expect("a short time");
        let count = self.epoll.wait(&mut self.events, wait).unwrap_or(0);
        for event in &self.events[..count] {
            let index = usize::try_from(event.data()).expect("an index");
            let client = &mut self.clients[index];
            client.read(index, &mut self.buffer, ear);
            if client.closed.is_some() {
                let _ = self.epoll.delete(client.stream.as_fd());
            }
        }
        count > 0
    }
}

/// CPU time of this thread.
pub fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).expect("the system counts");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// Allows as many open files as the system lets us; servers started later may have as many. Returns how many.
pub fn raise_file_limit() -> u64 {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the system tells");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("up to there it is ours");
    hard
}
