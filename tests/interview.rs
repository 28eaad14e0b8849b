//! The interview in a real pseudo-terminal, as a person sees it.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk, the clock and processes")]

mod support;

use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use support::World;

const PATIENCE: Duration = Duration::from_secs(20);
const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const ESCAPE: &str = "\x1b";
const CTRL_C: &str = "\x03";

/// A person at a terminal of that size.
struct Person {
    screen: vt100::Parser,
    heard: Receiver<Vec<u8>>,
    raw: Vec<u8>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _terminal: Box<dyn MasterPty + Send>,
}

impl Person {
    fn sits_down(world: &World, arguments: &[&str], (rows, cols): (u16, u16), variables: &[(&str, &str)]) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_duostack"));
        command.args(arguments);
        command.cwd(world.root());
        command.env_remove("NO_COLOR");
        for (name, value) in [("TERM", "xterm-256color"), ("GIT_CONFIG_GLOBAL", "/dev/null")].iter().chain(variables) {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (said, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if said.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(rows, cols, 1000);
        Self { screen, heard, raw: Vec::new(), keys, child, _terminal: pair.master }
    }

    /// Waits until the text has been written since the last key, on the screen or scrolled off it.
    fn sees(&mut self, text: &str) -> &mut Self {
        let end = Instant::now() + PATIENCE;
        while !self.said().contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            match self.heard.recv_timeout(left) {
                Ok(bytes) => self.hear(&bytes),
                Err(_) => panic!("never saw {text:?}; the screen:\n{}", self.screen.screen().contents()),
            }
        }
        self
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.extend_from_slice(bytes);
    }

    /// Without colours and cursor movements, and without the line breaks that a narrow terminal makes.
    fn said(&self) -> String {
        console::strip_ansi_codes(&String::from_utf8_lossy(&self.raw)).into_owned()
    }

    fn types(&mut self, keys: &str) -> &mut Self {
        self.raw.clear();
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Enter, until the text is seen.
    fn takes_defaults_until(&mut self, questions: &[&str]) -> &mut Self {
        for question in questions {
            self.sees(question).types(ENTER);
        }
        self
    }

    fn leaves(&mut self) -> (u32, String) {
        let end = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "still running:\n{}", self.screen.screen().contents());
            if let Ok(bytes) = self.heard.recv_timeout(Duration::from_millis(50)) {
                self.hear(&bytes);
            }
        }
        while let Ok(bytes) = self.heard.recv_timeout(Duration::from_millis(200)) {
            self.hear(&bytes);
        }
        (self.child.wait().unwrap().exit_code(), self.said())
    }
}

const ROOMY: (u16, u16) = (40, 100);
const LOAD_AND_TEAM: &[&str] =
    &["How many people", "How much is computed", "knows JavaScript", "knows Python", "in two years"];
const ROADMAP: &[&str] = &["AI features later", "analytics later", "real-time features later"];
const OPTIONS: &[&str] = &["Which CI", "Which licence"];

/// Name, description and the first workload, which is chat.
fn begins(person: &mut Person) -> &mut Person {
    person.sees("called?").types("Ada's Talk\r");
    person.sees("What does it do?").types(ENTER);
    person.sees("consist of?").types(" \r");
    person.sees("parts called?").types(ENTER)
}

#[test]
fn a_whole_interview_emits_a_repository_and_tells_the_command_for_it() {
    let world = World::new();
    let mut person = Person::sits_down(&world, &["new", "--no-git"], ROOMY, &[]);
    begins(&mut person).takes_defaults_until(LOAD_AND_TEAM).takes_defaults_until(ROADMAP).takes_defaults_until(OPTIONS);
    person.sees("And now?").types(ENTER).sees("The same without questions");
    let (code, said) = person.leaves();
    assert_eq!(code, 0, "{said}");
    let line = said.lines().find(|line| line.contains("duostack new")).expect("the command").trim().to_owned();
    let answers = std::fs::read_to_string(world.path("ada-s-talk/duostack.toml")).unwrap();
    assert!(answers.contains("Ada's Talk") && answers.contains("workload = \"chat\""));

    let again = World::new();
    let shell = line.replacen("duostack", env!("CARGO_BIN_EXE_duostack"), 1);
    let output = std::process::Command::new("sh").args(["-c", &shell]).current_dir(again.root()).output();
    assert!(output.unwrap().status.success(), "{line}");
    assert!(!again.path("ada-s-talk/.git").exists(), "{line}");
    assert_eq!(std::fs::read_to_string(again.path("ada-s-talk/duostack.toml")).unwrap(), answers);
}

#[test]
fn only_what_is_open_is_asked() {
    let world = World::new();
    let set =
        ["--set", "team.python=none", "--set", "product.name=Berths", "--set", "parts.map.workload=live-dashboard"];
    let mut person = Person::sits_down(&world, &[&["advise"], &set[..]].concat(), ROOMY, &[]);
    person.sees("What does it do?").types(ENTER);
    person.takes_defaults_until(&["How many people", "How much is computed", "knows JavaScript", "in two years"]);
    person.takes_defaults_until(ROADMAP);
    let (code, said) = person.leaves();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("duostack advise"), "{said}");
    assert!(world.snapshot().is_empty(), "advise writes nothing");
}

#[test]
fn the_advice_can_be_overridden_with_a_reason() {
    let world = World::new();
    let mut person =
        Person::sits_down(&world, &["new", "out", "--no-git", "--set", "parts.api.workload=json-api"], ROOMY, &[]);
    person.sees("called?").types("Ledger\r").sees("What does it do?").types(ENTER);
    person.takes_defaults_until(LOAD_AND_TEAM).takes_defaults_until(ROADMAP);
    person.takes_defaults_until(&["one JavaScript stack"]).takes_defaults_until(OPTIONS);
    person.sees("And now?").types(DOWN).types(ENTER);
    person.sees("Which shape?").types(DOWN).types(DOWN).types(ENTER);
    person.sees("Why?").types("we know it best\r");
    person.sees("And now?").types(ENTER);
    assert_eq!(person.leaves().0, 0);
    let answers = std::fs::read_to_string(world.path("out/duostack.toml")).unwrap();
    assert!(answers.contains("shape = \"python\"") && answers.contains("we know it best"), "{answers}");
}

#[test]
fn the_way_goes_back_to_a_question_and_from_the_summary_to_any_answer() {
    let world = World::new();
    let mut person = Person::sits_down(&world, &["new", "out", "--no-git"], ROOMY, &[]);
    begins(&mut person).sees("How many people").types(DOWN).types(ENTER);
    person.sees("How much is computed").types(ESCAPE);
    person.sees("How many people").types(DOWN).types(ENTER);
    person.takes_defaults_until(&LOAD_AND_TEAM[1..]).takes_defaults_until(ROADMAP).takes_defaults_until(OPTIONS);
    person.sees("And now?").types(DOWN).types(DOWN).types(ENTER);
    person.sees("Which answer?").types(ENTER);
    person.sees("called?").types("\x15Parley Two\r");
    person.sees("And now?").types(ENTER);
    assert_eq!(person.leaves().0, 0);
    let answers = std::fs::read_to_string(world.path("out/duostack.toml")).unwrap();
    assert!(answers.contains("tens-of-thousands"), "{answers}");
    assert!(answers.contains("Parley Two"), "{answers}");
}

#[test]
fn ctrl_c_writes_nothing_and_gives_the_cursor_back() {
    for at in ["called?", "How many people"] {
        let world = World::new();
        let mut person = Person::sits_down(&world, &["new", "--no-git"], ROOMY, &[]);
        if at != "called?" {
            begins(&mut person);
        }
        person.sees(at).types(CTRL_C);
        let (code, said) = person.leaves();
        assert_eq!(code, 130, "{said}");
        assert!(said.contains("nothing was written"), "{said}");
        assert!(!person.screen.screen().hide_cursor(), "the cursor is back");
        assert!(world.snapshot().is_empty(), "nothing was written");
    }
}

#[test]
fn a_signal_from_elsewhere_ends_a_question_too() {
    let world = World::new();
    let mut person = Person::sits_down(&world, &["new", "--no-git"], ROOMY, &[]);
    person.sees("called?");
    let pid = nix::unistd::Pid::from_raw(person.child.process_id().unwrap().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let (code, said) = person.leaves();
    assert_eq!(code, 130);
    assert!(said.contains("nothing was written"), "{said}");
    assert!(world.snapshot().is_empty(), "nothing was written");
}

#[test]
fn a_narrow_terminal_is_enough() {
    for size in [(10, 40), (2, 20)] {
        let world = World::new();
        let mut person = Person::sits_down(&world, &["advise", "--set", "parts.talk.workload=chat"], size, &[]);
        person.sees("called?").types("Talk\r").sees("do?").types(ENTER);
        for word in ["connected", "computed", "JavaScript", "Python?", "years", "AI", "analytics", "real-time"] {
            person.sees(word).types(ENTER);
        }
        assert_eq!(person.leaves().0, 0);
    }
}

#[test]
fn no_color_means_none() {
    let world = World::new();
    let mut person = Person::sits_down(&world, &["new", "--no-git"], ROOMY, &[("NO_COLOR", "1")]);
    person.sees("called?");
    assert!(!String::from_utf8_lossy(&person.raw).contains("\x1b[3"), "no colour code");
    let mut colored = Person::sits_down(&world, &["new", "--no-git"], ROOMY, &[]);
    colored.sees("called?");
    assert!(String::from_utf8_lossy(&colored.raw).contains("\x1b[3"), "colour by default");
    for person in [&mut person, &mut colored] {
        person.types(CTRL_C);
        assert_eq!(person.leaves().0, 130);
    }
}

#[test]
fn without_a_terminal_what_is_open_is_an_error_that_names_the_flags() {
    let world = World::new();
    for arguments in [["new", "out", "--no-git"], ["advise", "--set", "product.name=Talk"]] {
        let ran = world.run(arguments);
        ran.exits(1)
            .says("there is no terminal to ask on")
            .says("--answers FILE")
            .says("--set KEY=VALUE")
            .says("--yes");
    }
    assert!(world.snapshot().is_empty());
    world.run(["new", "sea-chart", "--yes", "--no-git"]).exits(0);
    let answers = std::fs::read_to_string(world.path("sea-chart/duostack.toml")).unwrap();
    assert!(answers.contains("name = \"Sea Chart\"") && answers.contains("machine-learning"), "{answers}");
}

#[test]
fn a_pack_asks_its_own_questions_after_the_others() {
    let world = World::new();
    world
        .write("pack/pack.toml", "[[questions]]\nkey = \"database\"\nask = \"Which database?\"\nwhy = \"It decides the compose file.\"\naccepts = [\"sqlite\", \"postgres\"]\ndefault = \"sqlite\"\n")
        .write("pack/repository/a.txt.hbs", "{{pack.database}}\n");
    let mut person = Person::sits_down(&world, &["new", "--no-git", "--templates", "pack"], ROOMY, &[]);
    begins(&mut person).takes_defaults_until(LOAD_AND_TEAM).takes_defaults_until(ROADMAP).takes_defaults_until(OPTIONS);
    person.sees("Which database?").sees("It decides the compose file.").types(DOWN).types(ENTER);
    person.sees("And now?").types(ENTER).sees("--set pack.database=postgres");
    let (code, said) = person.leaves();
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::read_to_string(world.path("ada-s-talk/a.txt")).unwrap(), "postgres\n");
}
