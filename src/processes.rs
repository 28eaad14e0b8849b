//! Processes that duostack starts, each in a group of its own, so that nothing of it is left behind.

#![allow(clippy::disallowed_methods, reason = "this is the edge that starts processes and waits for them")]

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
#[cfg(unix)]
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind, Outcome};

/// How often waiting looks up.
pub const TICK: Duration = Duration::from_millis(50);
/// What a group gets to end by itself.
const GRACE: Duration = Duration::from_secs(12);
/// How much of a failed command's output is shown.
const TAIL: usize = 20;

/// Set by Ctrl-C, or by a signal that asks to end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Signals>);

#[derive(Debug, Default)]
struct Signals {
    heard: AtomicBool,
    asking: AtomicBool,
    /// The terminal as it was before a question changed it.
    #[cfg(unix)]
    terminal: Mutex<Option<rustix::termios::Termios>>,
}

impl Stop {
    /// Listens from now on: signals no longer end the program, but set this.
    pub fn listen() -> Self {
        static LISTENING: OnceLock<Stop> = OnceLock::new();
        let listen = || {
            let stop = Self::default();
            let heard = stop.clone();
            // Without a handler signals end the program as they always do.
            let _ = ctrlc::set_handler(move || heard.hear());
            stop
        };
        LISTENING.get_or_init(listen).clone()
    }

    /// Whether it is time to end.
    pub fn is_set(&self) -> bool {
        self.0.heard.load(Ordering::Relaxed)
    }

    /// Says whether a question waits for its answer, which no flag would wake up.
    pub fn set_asking(&self, asking: bool) {
        #[cfg(unix)]
        if let Ok(mut terminal) = self.0.terminal.lock() {
            *terminal = rustix::termios::tcgetattr(std::io::stdin()).ok().filter(|_| asking);
        }
        self.0.asking.store(asking, Ordering::Relaxed);
    }

    fn hear(&self) {
        self.0.heard.store(true, Ordering::Relaxed);
        if self.0.asking.load(Ordering::Relaxed) {
            sleep(Duration::from_millis(300)); // Ctrl-C at a question ends by itself in the meantime
            #[cfg(unix)]
            if let Some(found) = self.0.terminal.lock().ok().as_deref().and_then(Option::as_ref) {
                let _ = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, found);
            }
            let terminal = console::Term::stderr();
            let _ = terminal.show_cursor().and_then(|()| terminal.write_line("\ninterrupted: nothing was written"));
            std::process::exit(i32::from(Kind::Interrupted.exit_code()));
        }
    }
}

/// A command line to be run in a folder.
pub fn command(words: &[&str], folder: &Path, path: &OsStr) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(folder).env("PATH", path);
    command
}

/// A process and all that it starts.
#[derive(Debug)]
pub struct Group(Child);

impl Group {
    /// Starts a command in a group of its own, so that Ctrl-C reaches it through us alone.
    ///
    /// # Errors
    /// The program is missing or cannot be run.
    pub fn start(command: &mut Command) -> Outcome<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).spawn().map(Self).map_err(|error| {
            Failure::refused(format!("cannot run `{program}`: {error}")).hint("`duostack doctor` says what is missing")
        })
    }

    /// Its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Asks all of it to end.
    pub fn ask_to_end(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::TERM);
        #[cfg(not(unix))]
        self.kill();
    }

    /// Ends all of it at once.
    pub fn kill(&mut self) {
        #[cfg(unix)]
        self.signal(rustix::process::Signal::KILL);
        #[cfg(windows)]
        let _ = Command::new("taskkill").args(["/T", "/F", "/PID"]).arg(self.0.id().to_string()).output();
        let _ = self.0.kill();
    }

    #[cfg(unix)]
    fn signal(&self, signal: rustix::process::Signal) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        end_all(std::slice::from_mut(self));
    }
}

/// Asks all to end, waits a while, then leaves nothing of them.
pub fn end_all(groups: &mut [Group]) {
    let running: Vec<bool> = groups.iter_mut().map(|group| group.ended().is_none()).collect();
    for (group, _) in groups.iter_mut().zip(&running).filter(|(_, running)| **running) {
        group.ask_to_end();
    }
    let end = Instant::now() + GRACE;
    while groups.iter_mut().any(|group| group.ended().is_none()) && Instant::now() < end {
        sleep(TICK);
    }
    for group in groups {
        group.kill(); // also what outlived the first process of the group
        let _ = group.child().wait();
    }
}

/// Runs a command to its end with its output in a file.
///
/// # Errors
/// It fails: then with the end of its output; or Ctrl-C.
pub fn run_logged(command: &mut Command, log: &Path, stop: &Stop) -> Outcome<()> {
    let file = File::create(log).and_then(|file| Ok((file.try_clone()?, file)));
    let (out, err) = file.map_err(|error| Failure::refused(format!("{}: {error}", log.display())))?;
    let mut group = Group::start(command.stdout(out).stderr(err))?;
    let status = loop {
        if stop.is_set() {
            return Err(Failure::interrupted());
        }
        match group.ended() {
            Some(status) => break status,
            None => sleep(TICK),
        }
    };
    if status.success() {
        return Ok(());
    }
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    let end = lines[lines.len().saturating_sub(TAIL)..].join("\n  ");
    Err(Failure::refused(format!("`{}` ended with {status}:\n  {end}", line(command)))
        .hint(format!("all of its output is in {}", log.display())))
}

/// Runs a command with the terminal as its own.
///
/// # Errors
/// It fails, or cannot be run.
pub fn run_visibly(command: &mut Command) -> Outcome<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::refused(format!("`{}` ended with {status}", line(command)))),
        Err(error) => Err(Failure::refused(format!("cannot run `{}`: {error}", line(command)))
            .hint("`duostack doctor` says what is missing")),
    }
}

/// A command as a person would type it.
fn line(command: &Command) -> String {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
