//! Python files, read by Python itself: one process for all of them.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// One import: dots, module, names.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Import(pub usize, pub String, pub Vec<String>);

/// What a file imports, and what others may import from it.
#[derive(Debug, serde::Deserialize)]
pub struct Module {
    pub imports: Vec<Import>,
    pub defined: BTreeSet<String>,
}

/// The process that reads.
pub struct Reader {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    /// Names of the standard library's modules.
    pub library: BTreeSet<String>,
}

impl Reader {
    pub fn start() -> Self {
        let mut child = Command::new("python3")
            .args(["-I", "-c", include_str!("imports.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("install Python 3.11 or newer: it reads the emitted Python");
        let to = child.stdin.take();
        let mut from = BufReader::new(child.stdout.take().unwrap());
        let library = serde_json::from_str(&line(&mut from)).unwrap();
        Self { child, to, from, library }
    }

    /// A file, or what is wrong with it.
    pub fn read(&mut self, text: &str) -> Result<Module, String> {
        writeln!(self.to.as_mut().unwrap(), "{}", Value::from(text)).unwrap();
        serde_json::from_str(&line(&mut self.from)).unwrap()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.to = None;
        let _ = self.child.wait();
    }
}

fn line(from: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line
}
