//! `demo` and `doctor` with a toolchain of stand-ins, so that every way it may go wrong can be had at will.
//! That the real one works is shown in tests/toolchains.rs.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests look at the disk, the clock and processes")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{Ran, World};

/// Answers everything with 200 on the port that the given variable names, and notes its process id.
const SERVER: &str = r#"
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
with open(f"{os.environ['PIDS']}/{os.getpid()}", "w") as told:
    told.write(" ".join(os.environ.get(name, "") for name in ("NODE_URL", "PORT", "ML_URL", "ML_PORT")))
print('{"level":"info","time":"2026-01-01T10:20:30Z","message":"stand-in at work"}', flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ[sys.argv[1]])), Answer).serve_forever()
"#;

/// The default ports are one machine's: its demos take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A world whose PATH holds nothing but stand-ins and what the system's shell needs.
struct Machine {
    world: World,
    _turn: MutexGuard<'static, ()>,
}

impl Machine {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = Self { world: World::new(), _turn: turn };
        machine.world.write("server.py", SERVER);
        fs::create_dir(machine.world.path("pids")).unwrap();
        let server = machine.world.path("server.py");
        // The interpreter itself: a version manager's shim would need more than a bare PATH.
        let said = Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output().unwrap();
        let python = String::from_utf8(said.stdout).unwrap();
        let serve = |variable: &str| format!("exec {python} {} {variable}", server.display());
        machine.has("node", &format!("[ \"$1\" = --version ] && echo v24.21.0 || {}", serve("PORT")));
        machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 || echo \"npm $*\"");
        machine.has(
            "python3",
            &format!(
                "case \"$*\" in --version) echo Python 3.12.1;; *'start ml'*) {};; *'start data'*) {};; *) echo \"python $*\";; esac",
                serve("ML_PORT"),
                serve("DATA_PORT")
            ),
        );
        machine
    }

    fn has(&self, name: &str, script: &str) {
        let path = self.world.path(&format!("bin/{name}"));
        self.world.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn has_no(&self, name: &str) {
        fs::remove_file(self.world.path(&format!("bin/{name}"))).unwrap();
    }

    fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.world.command(arguments);
        let path = format!("{}:/usr/bin:/bin", self.world.path("bin").display());
        // Tools of the real machine would answer for stand-ins that are not there.
        let only = self.world.path("bin");
        for tool in ["sh", "mkdir", "cp", "chmod", "sleep"] {
            let found = std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|path| path.is_file());
            if let Some(found) = found.filter(|found| !found.starts_with(&only)) {
                let _ = std::os::unix::fs::symlink(found, only.join(tool));
            }
        }
        command.env("PATH", &only).env("DUOSTACK_CACHE", self.world.path("cache")).env("PIDS", self.world.path("pids"));
        command
    }

    fn run<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Which of the stand-in services still run.
    fn survivors(&self) -> Vec<i32> {
        let pids = fs::read_dir(self.world.path("pids")).unwrap();
        let pids = pids.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse::<i32>().unwrap());
        pids.filter(|pid| kill(Pid::from_raw(*pid), None).is_ok()).collect()
    }

    fn services_seen(&self) -> usize {
        fs::read_dir(self.world.path("pids")).unwrap().count()
    }
}

/// A demo under way, its lines as they come.
struct Demo {
    child: Child,
    lines: BufReader<Box<dyn Read>>,
}

impl Demo {
    fn begin(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(Box::new(child.stdout.take().unwrap()) as Box<dyn Read>);
        Self { child, lines }
    }

    fn says(&mut self, text: &str) -> &mut Self {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "it ended without saying {text:?}");
        }
        self
    }

    fn gets(&mut self, signal: Signal) -> i32 {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < end, "still running after {signal}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn every_step_is_told_and_a_second_run_skips_what_was_done() {
    let machine = Machine::new();
    let ran = machine.run(["demo", "--once"]).exits(0);
    let order = [
        "[1/6] Found Node 24.21.0",
        "[2/6] Emitted pulse",
        "[3/6] Installed Node packages",
        "[4/6]",
        "[5/6]",
        "[6/6] Started",
        "Open http://127.0.0.1:",
    ];
    let places: Vec<_> =
        order.iter().map(|text| ran.stderr.find(text).unwrap_or_else(|| panic!("{text}: {}", ran.stderr))).collect();
    assert!(places.is_sorted(), "{}", ran.stderr);
    assert_eq!(machine.services_seen(), 2);
    assert!(machine.survivors().is_empty(), "nothing is left running");
    let again = machine.run(["demo", "--once"]).exits(0).says("as it was emitted before");
    assert!(!again.stderr.contains("Installed"), "{}", again.stderr);
}

#[test]
fn a_step_that_fails_is_named_with_its_output_and_the_way_on() {
    let machine = Machine::new();
    machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 || { echo the network is down >&2; exit 7; }");
    let ran = machine.run(["demo", "--once", "parley"]);
    ran.exits(1).says("step 3 of 5 failed, installing Node packages").says("the network is down").says("hint:");
    machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 || true");
    machine.run(["demo", "--once", "parley"]).exits(0).says("Installed Node packages");
}

#[test]
fn a_service_that_dies_before_it_is_ready_is_named_with_its_last_words() {
    let machine = Machine::new();
    machine.has("node", "[ \"$1\" = --version ] && echo v24.21.0 || { echo PORT=many: must be a number; exit 1; }");
    machine.run(["demo", "--once", "pulse"]).exits(1).says("realtime ended with").says("PORT=many: must be a number");
    assert!(machine.survivors().is_empty());
}

#[test]
fn ctrl_c_stops_everything() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let machine = Machine::new();
        let mut demo = Demo::begin(&mut machine.command(["demo"]));
        demo.says("stand-in at work").says("stand-in at work");
        assert_eq!(machine.survivors().len(), 2);
        assert_eq!(demo.gets(signal), 0);
        assert!(machine.survivors().is_empty(), "nothing is left running");
    }
}

#[test]
fn ctrl_c_during_the_set_up_leaves_nothing_half_done() {
    let machine = Machine::new();
    machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 && exit; : > \"$PIDS/$$\"; exec sleep 60");
    let mut child = machine.command(["demo", "--once"]).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while machine.services_seen() == 0 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(machine.survivors().is_empty());
    machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 || true");
    machine.run(["demo", "--once"]).exits(0).says("Installed Node packages");
}

#[test]
fn one_service_that_dies_ends_the_demo_unless_the_others_can_go_on() {
    let machine = Machine::new();
    let mut demo = Demo::begin(&mut machine.command(["demo", "foresight"]));
    demo.says("stand-in at work").says("stand-in at work");
    kill(Pid::from_raw(machine.survivors()[0]), Signal::SIGKILL).unwrap();
    assert_eq!(demo.child.wait().unwrap().code(), Some(1));
    assert!(machine.survivors().is_empty(), "nothing is left running");
}

#[test]
fn a_node_that_is_too_old_is_replaced_for_the_demo_alone() {
    let machine = Machine::new();
    let good = fs::read_to_string(machine.world.path("bin/node")).unwrap();
    machine.world.write("good-node", good);
    machine.has("node", "echo v18.0.0");
    let package = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let good = machine.world.path("good-node");
    machine.has(
        "npm",
        &format!(
            "[ \"$1\" = --version ] && echo 11.0.0 && exit\n[ \"$1\" = install ] || exit 0\n\
             while [ \"$1\" != --prefix ]; do shift; done\nbin=\"$2/node_modules/node-{system}-{package}/bin\"\n\
             mkdir -p \"$bin\" && cp {} \"$bin/node\" && chmod +x \"$bin/node\"",
            good.display()
        ),
    );
    machine.run(["demo", "--once", "parley"]).exits(0).says("Found Node 24.21.0");
    assert_eq!(fs::read_dir(machine.world.path("cache")).unwrap().count(), 2, "all of it is in the cache");
}

#[test]
fn a_port_in_use_is_passed_by() {
    let Ok(_busy) = TcpListener::bind("127.0.0.1:3000") else { return };
    let ran = Machine::new().run(["demo", "--once", "parley"]).exits(0);
    assert!(ran.stderr.contains("note: port 3000 is in use, so realtime listens on "), "{}", ran.stderr);
    assert!(ran.stderr.contains("Open http://127.0.0.1:") && !ran.stderr.contains(":3000"), "{}", ran.stderr);
}

#[test]
fn each_service_is_told_where_the_others_listen() {
    let _busy = TcpListener::bind("127.0.0.1:3000");
    let machine = Machine::new();
    machine.run(["demo", "--once", "pulse"]).exits(0);
    assert_eq!(machine.services_seen(), 2);
    for entry in fs::read_dir(machine.world.path("pids")).unwrap() {
        let told = fs::read_to_string(entry.unwrap().path()).unwrap();
        let [node, port, ml, ml_port] = told.split(' ').collect::<Vec<_>>()[..] else { panic!("{told}") };
        assert_ne!(port, "3000");
        assert_eq!((node, ml), (&*format!("http://127.0.0.1:{port}"), &*format!("http://127.0.0.1:{ml_port}")));
    }
}

#[test]
fn a_folder_of_ones_own_is_kept_and_nothing_in_it_is_overwritten() {
    let machine = Machine::new();
    machine.run(["demo", "--once", "parley", "--dir", "mine"]).exits(0);
    assert!(machine.world.path("mine/package.json").is_file());
    machine.world.write("other/file", "precious");
    machine.run(["demo", "--once", "parley", "--dir", "other"]).exits(1).says("not empty");
    machine.run(["demo", "--once", "nothing"]).exits(1).says("there is no example");
}

#[test]
fn what_is_missing_for_a_demo_is_said() {
    let machine = Machine::new();
    machine.has_no("python3");
    machine
        .run(["demo", "--once", "foresight"])
        .exits(1)
        .says("there is no Python 3.11 or later")
        .says("duostack doctor");
}

#[test]
fn doctor_finds_what_is_there_too_old_or_missing() {
    let machine = Machine::new();
    machine.run(["doctor"]).exits(0).prints("24.21.0").prints("port 3000");
    machine.has("node", "echo v18.20.1");
    machine.has_no("python3");
    machine.run(["doctor"]).exits(1).says("Python is missing or too old").says("python.org");
    let ran = machine.run(["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |name: &str| findings.as_array().unwrap().iter().find(|finding| finding["name"] == name).unwrap().clone();
    assert_eq!((of("Node")["state"].as_str(), of("Node")["version"].as_str()), (Some("too-old"), Some("18.20.1")));
    assert_eq!((of("Python")["state"].as_str(), of("Python")["version"].as_str()), (Some("missing"), None));
    assert_eq!(of("npm")["state"], "ok");
    assert!(of("uv")["remedy"].is_string() && of("uv")["needed_for"].is_string());
}

#[test]
fn new_can_set_up_what_it_emitted_and_says_how_to_go_on_when_that_fails() {
    let machine = Machine::new();
    machine
        .run(["new", "out", "--example", "pulse", "--no-git", "--install"])
        .exits(0)
        .prints("npm ci")
        .says("Running npm run setup");
    machine.has("npm", "[ \"$1\" = --version ] && echo 11.0.0 || exit 3");
    let ran = machine.run(["new", "other", "--example", "parley", "--no-git", "--install"]).exits(1);
    ran.says("`npm ci` ended with").says("the repository is whole: run `npm ci` in other again");
    assert!(machine.world.path("other/package.json").is_file());
}
