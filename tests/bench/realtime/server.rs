//! Servers as processes: started on a core of their own, observed, ended.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use super::cores::{free_port, on_core};
use crate::tools;

/// The only service of this product is the real-time service.
const ANSWERS: &str = "schema = 1\n[product]\nname = \"Bench\"\n[[parts]]\nname = \"pushes\"\n\
    workload = \"real-time-api\"\n[preferences]\nshape = \"node\"\n";
/// What the tokens are signed with.
pub const SECRET: &str = "thirty-two bytes, or a few more of them";
/// Collects garbage on demand: memory is compared without it.
const COLLECT: &str = "data:text/javascript,process.on('SIGUSR2',()=>gc())";

/// A running server.
pub struct Server {
    pub port: u16,
    process: Child,
}

impl Server {
    /// One of the scripts beside this file, with its package.
    pub fn script(name: &str, package: &str) -> Self {
        let folder = tools::install(package, package);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/realtime").join(name);
        let port = free_port();
        let mut command = node();
        command.arg(script).arg(port.to_string()).arg(folder);
        Self::start(port, &mut command)
    }

    /// The service of an emitted repository, as its `npm start` would run it.
    pub fn service(repository: &Path, settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut command = node();
        command.arg("src/main.ts").current_dir(repository.join("services/realtime"));
        command.env("PORT", port.to_string()).envs(settings.iter().copied());
        Self::start(port, &mut command)
    }

    fn start(port: u16, command: &mut Command) -> Self {
        let log = std::env::var_os("DUOSTACK_SERVER_LOG").and_then(|path| fs::File::create(path).ok());
        command.stdin(Stdio::null()).stdout(log.map_or_else(Stdio::null, Stdio::from));
        let child = on_core(0, || command.spawn().expect("node starts"));
        let mut server = Self { port, process: child };
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.process.try_wait().expect("a child").is_none(), "the server ended");
            assert!(Instant::now() < end, "the server did not listen in time");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// CPU time so far, of all threads, in user and system: finer than the hundredths of /proc/PID/stat.
    pub fn cpu(&self) -> Duration {
        let clock = clock_getcpuclockid(self.pid()).expect("it runs");
        clock_gettime(clock).expect("it runs").into()
    }

    /// Resident bytes.
    pub fn memory(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it runs");
        line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") << 10
    }

    /// Resident bytes without garbage.
    pub fn memory_in_use(&self) -> u64 {
        for _ in 0..3 {
            self.collect();
            std::thread::sleep(Duration::from_millis(1_500));
        }
        self.memory()
    }

    /// Has it collect its garbage, soon.
    pub fn collect(&self) {
        kill(self.pid(), Signal::SIGUSR2).expect("it runs");
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a process"))
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).expect("it runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Emits the product whose service is measured, and installs what that needs.
pub fn emit(folder: &Path) -> PathBuf {
    fs::write(folder.join("answers.toml"), ANSWERS).expect("answers");
    run(
        folder,
        env!("CARGO_BIN_EXE_duostack"),
        &["new", "out", "--answers", "answers.toml", "--yes", "--no-git", "--quiet"],
    );
    let repository = folder.join("out");
    run(&repository, "npm", &["ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    repository
}

/// A token for each of so many clients, signed with the secret.
pub fn tokens(repository: &Path, count: usize) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/realtime/tokens.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(SECRET).arg(count.to_string()).current_dir(repository).env("PATH", tools::path());
    let output = command.stderr(Stdio::inherit()).output().expect("node starts");
    String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect()
}

fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    let status = command.args(arguments).current_dir(folder).env("PATH", tools::path()).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?} failed");
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.env("PATH", tools::path()).args(["--expose-gc", "--import", COLLECT]);
    command
}
