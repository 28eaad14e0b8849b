//! Services while they run: started together, waited for, listened to, stopped together.

#![allow(clippy::disallowed_methods, reason = "bounds how long it waits")]

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use console::{Color, Style};
use serde_json::Value;

use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::processes::{self, Group, Stop, TICK};

const READY_WITHIN: Duration = Duration::from_secs(60);
const COLORS: &[Color] = &[Color::Green, Color::Blue, Color::Magenta, Color::Cyan];

/// How one service is started.
#[derive(Clone, Debug)]
pub struct Service {
    /// Shown before each of its lines.
    pub name: String,
    /// Where it listens on loopback.
    pub port: u16,
    /// Where it would, if that were free.
    pub default_port: u16,
    /// The variable that says so.
    pub variable: String,
    /// Its command line.
    pub words: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// `PATH` for it.
    pub path: OsString,
    /// Whether the others go on without it, so that stopping it shows something.
    pub may_rest: bool,
    /// Where all services are to be found.
    pub environment: Vec<(String, String)>,
}

/// What is heard: a line of a service, by its number, or Enter on the terminal.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A line of the log.
    Line(usize, String),
    /// Somebody pressed Enter.
    Enter,
}

/// All services; whatever ends this ends them.
#[derive(Debug)]
pub struct Running {
    services: Vec<Service>,
    groups: Vec<Option<Group>>,
    said: Sender<Heard>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut groups: Vec<Group> = self.groups.drain(..).flatten().collect();
        processes::end_all(&mut groups);
    }
}

impl Running {
    /// Starts them all.
    ///
    /// # Errors
    /// One cannot be run; then none is left running.
    pub fn start(services: Vec<Service>, said: &Sender<Heard>) -> Outcome<Self> {
        let groups = services.iter().map(|_| None).collect();
        let mut running = Self { services, groups, said: said.clone() };
        for index in 0..running.services.len() {
            running.begin(index)?;
        }
        Ok(running)
    }

    fn begin(&mut self, index: usize) -> Outcome<()> {
        let Service { words, folder, path, environment, .. } = &self.services[index];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = processes::command(&words, folder, path);
        command.envs(environment.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::start(&mut command)?;
        let child = group.child();
        listen(index, child.stdout.take(), &self.said);
        listen(index, child.stderr.take(), &self.said);
        self.groups[index] = Some(group);
        Ok(())
    }

    /// Until each says that it is ready.
    ///
    /// # Errors
    /// One ends, or takes too long; or Ctrl-C.
    pub fn wait_until_ready(&mut self, heard: &Receiver<Heard>, stop: &Stop) -> Outcome<()> {
        let end = Instant::now() + READY_WITHIN;
        for index in 0..self.services.len() {
            let Service { name, port, .. } = self.services[index].clone();
            while !is_ready(port) {
                if stop.is_set() {
                    return Err(Failure::interrupted());
                }
                if let Some(status) = self.groups[index].as_mut().and_then(Group::ended) {
                    return Err(unready(&format!("{name} ended with {status}"), index, heard));
                }
                if Instant::now() > end {
                    return Err(unready(&format!("{name} is not ready after a minute"), index, heard));
                }
                thread::sleep(TICK);
            }
        }
        Ok(())
    }

    /// Shows what they say until Ctrl-C, or until one ends that the others cannot do without.
    ///
    /// # Errors
    /// A service ended by itself.
    pub fn watch(&mut self, console: &Console, heard: &Receiver<Heard>, stop: &Stop) -> Outcome<()> {
        let resting = self.services.iter().position(|service| service.may_rest);
        if let Some(index) = resting.filter(|_| io::stdin().is_terminal()) {
            let name = &self.services[index].name;
            console.say(&format!("  Press Enter to stop {name} and see what the page does; Enter again starts it.\n"));
            listen_for_enter(&self.said);
        }
        while !stop.is_set() {
            match heard.recv_timeout(TICK) {
                Ok(Heard::Line(index, line)) => self.show(index, &line),
                Ok(Heard::Enter) => self.toggle(console, resting)?,
                Err(RecvTimeoutError::Timeout) => self.look_after(console)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        console.say("");
        console.status("Stopping", "all services");
        Ok(())
    }

    fn toggle(&mut self, console: &Console, index: Option<usize>) -> Outcome<()> {
        let Some(index) = index else { return Ok(()) };
        let name = self.services[index].name.clone();
        match self.groups[index].take() {
            Some(group) => {
                drop(group);
                console.status("Stopped", &format!("{name}; Enter starts it again"));
                Ok(())
            }
            None => {
                console.status("Starting", &name);
                self.begin(index)
            }
        }
    }

    /// A service that ended by itself is either one to rest, or the end.
    fn look_after(&mut self, console: &Console) -> Outcome<()> {
        for (service, slot) in self.services.iter().zip(&mut self.groups) {
            let Some(status) = slot.as_mut().and_then(Group::ended) else { continue };
            if !service.may_rest {
                return Err(Failure::refused(format!("{} ended with {status}", service.name))
                    .hint("its last lines above say why"));
            }
            *slot = None;
            console.note(&format!("{} ended with {status}; the others go on, Enter starts it again", service.name));
        }
        Ok(())
    }

    fn show(&self, index: usize, line: &str) {
        let width = self.services.iter().map(|service| service.name.len()).max().unwrap_or(0);
        let style = Style::new().fg(COLORS[index % COLORS.len()]);
        let name = style.apply_to(format!("{:>width$} │", self.services[index].name));
        let _ = writeln!(io::stdout().lock(), "{name} {}", readable(line));
    }
}

fn unready(what: &str, index: usize, heard: &Receiver<Heard>) -> Failure {
    thread::sleep(TICK); // its last lines are still on their way
    let lines: Vec<String> = heard
        .try_iter()
        .filter_map(|heard| match heard {
            Heard::Line(from, line) if from == index => Some(format!("\n  {}", readable(&line))),
            _ => None,
        })
        .collect();
    Failure::refused(format!("{what}:{}", lines[lines.len().saturating_sub(20)..].concat()))
}

fn listen(index: usize, pipe: Option<impl Read + Send + 'static>, said: &Sender<Heard>) {
    let Some(pipe) = pipe else { return };
    let said = said.clone();
    thread::spawn(move || {
        let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
        for line in lines {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if said.send(Heard::Line(index, line)).is_err() {
                break;
            }
        }
    });
}

fn listen_for_enter(said: &Sender<Heard>) {
    let said = said.clone();
    thread::spawn(move || {
        for _ in io::stdin().lock().lines().map_while(Result::ok) {
            if said.send(Heard::Enter).is_err() {
                break;
            }
        }
    });
}

/// Whether `GET /readyz` is answered with 200.
fn is_ready(port: u16) -> bool {
    let ask = || -> io::Result<bool> {
        let within = Duration::from_secs(2);
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), within)?;
        stream.set_read_timeout(Some(within))?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

/// A line of JSON as a person reads it; any other line as it is.
fn readable(line: &str) -> String {
    let Ok(Value::Object(entry)) = serde_json::from_str(line) else { return line.to_owned() };
    let text = |name: &str| match entry.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let time = text("time").get(11..19).unwrap_or_default().to_owned();
    let details = ["method", "path", "status", "ms"].map(text);
    let level = text("level");
    let level = match level.as_str() {
        "info" | "debug" => String::new(),
        "error" | "fatal" => Style::new().red().apply_to(level).to_string() + " ",
        _ => Style::new().yellow().apply_to(level).to_string() + " ",
    };
    let rest = details.iter().filter(|detail| !detail.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let unit = if details[3].is_empty() { "" } else { " ms" };
    let said = [text("message"), rest].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{} {level}{said}{unit}", Style::new().dim().apply_to(time))
}

/// Lines and keys, as a channel.
pub fn channel() -> (Sender<Heard>, Receiver<Heard>) {
    mpsc::channel()
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn logs_become_readable() {
        console::set_colors_enabled(false);
        let line = r#"{"level":"info","time":"2026-11-23T20:26:07.730Z","service":"ml","method":"POST","path":"/score","status":200,"ms":3.8,"message":"answered"}"#;
        assert_eq!(readable(line), "20:26:07 answered POST /score 200 3.8 ms");
        assert_eq!(readable(r#"{"level":"warning","message":"not ready"}"#), " warning not ready");
        assert_eq!(readable("Traceback …"), "Traceback …");
    }
}
