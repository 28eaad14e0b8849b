//! Servers with all that they start: started on a core of their own, observed, ended.

use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::cores::on_core;

/// A running server, with all that it started.
pub struct Process {
    child: Child,
}

impl Process {
    /// On the first core; returns once it listens.
    pub fn start(port: u16, command: &mut Command) -> Self {
        let log = std::env::var_os("DUOSTACK_SERVER_LOG").is_some();
        let (out, err) = if log { (Stdio::inherit(), Stdio::inherit()) } else { (Stdio::null(), Stdio::null()) };
        command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        let mut process = Self { child: on_core(0, || command.spawn().expect("it starts")) };
        let end = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.child.try_wait().expect("a child").is_none(), "{command:?} ended");
            assert!(Instant::now() < end, "{command:?} did not listen in time");
            std::thread::sleep(Duration::from_millis(100));
        }
        process
    }

    /// CPU time so far of all of it, in user and system, to a hundredth of a second.
    pub fn cpu(&self) -> Duration {
        let ticks: u64 = self.stats().iter().map(|fields| number(fields, 11) + number(fields, 12)).sum();
        Duration::from_millis(ticks * 10) // Linux tells hundredths of a second, whatever it counts in
    }

    /// Resident bytes of all of it.
    pub fn memory(&self) -> u64 {
        self.stats().iter().map(|fields| number(fields, 21)).sum::<u64>() * 4_096
    }

    /// The fields of `/proc/PID/stat` behind the name, of the process and all below it.
    fn stats(&self) -> Vec<Vec<String>> {
        let processes = fs::read_dir("/proc").expect("it is there").flatten();
        let mut others: Vec<(String, Vec<String>)> = processes
            .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path().join("stat"))))
            .filter_map(|(id, path)| Some((id, fs::read_to_string(path).ok()?)))
            .map(|(id, stat)| {
                (id, stat.rsplit(") ").next().unwrap_or_default().split(' ').map(str::to_owned).collect())
            })
            .collect();
        let mut known = vec![self.child.id().to_string()];
        let mut found = Vec::new();
        while let Some(at) = others.iter().position(|(id, fields)| known.contains(id) || known.contains(&fields[1])) {
            let (id, fields) = others.swap_remove(at);
            known.push(id);
            found.push(fields);
        }
        found
    }

    /// Of those processes: each was begun by this server, for it has a group of its own.
    fn groups(&self) -> Vec<Pid> {
        let groups = self.stats().into_iter().map(|fields| number(&fields, 2));
        groups.map(|group| Pid::from_raw(i32::try_from(group).expect("a process"))).collect()
    }
}

fn number(fields: &[String], at: usize) -> u64 {
    fields[at].parse().expect("a number")
}

impl Drop for Process {
    fn drop(&mut self) {
        for group in self.groups() {
            let _ = killpg(group, Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}
