//! A PostgreSQL server to throw away: its own folder, a free port on loopback, stopped by its process id.
#![allow(dead_code, missing_docs, reason = "every test file uses its own part of this")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::tools;

pub struct Postgres {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it; as root the server is installed when it is missing.
    pub fn start() -> Self {
        let programs = programs().unwrap_or_else(|| {
            tools::apt("postgresql");
            programs().expect("install PostgreSQL: `apt-get install postgresql`")
        });
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(owned.is_ok_and(|status| status.success()), "the folder belongs to postgres");
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut made = Self { folder, programs, port, server: None };
        let initdb = made
            .program("initdb")
            .args(["--auth=trust", "--username=postgres", "--no-sync", "-D"])
            .arg(made.data())
            .output();
        assert!(initdb.as_ref().is_ok_and(|output| output.status.success()), "{initdb:?}");
        made.resume();
        made
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The command line of the server, for a scenario that kills it and starts it again itself.
    pub fn line(&self) -> String {
        let data = self.data();
        let folder = self.folder.path().display();
        let as_postgres = if is_root() { "setpriv --reuid=postgres --regid=postgres --clear-groups " } else { "" };
        format!(
            "env --chdir={folder} {as_postgres}{}/postgres -D {} -p {} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off",
            self.programs.display(),
            data.display(),
            self.port
        )
    }

    /// Starts it, or starts it again, and waits until it answers.
    pub fn resume(&mut self) {
        let line = self.line();
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while !self.answers() {
            assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends it at once, together with every connection.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        // SIGQUIT: immediate, and the children go, too.
        let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
        let _ = server.wait();
    }

    fn answers(&self) -> bool {
        let mut command = self.program("pg_isready");
        command.args(["--quiet", "--host=127.0.0.1", "--port", &self.port.to_string()]);
        command.status().is_ok_and(|status| status.success())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of PostgreSQL, which refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = versions.map(|version| version.path().join("bin")).max_by_key(|path| version(path));
    packaged.or_else(|| tools::find("initdb").and_then(|path| path.parent().map(Path::to_path_buf)))
}

fn version(path: &Path) -> u32 {
    path.parent().and_then(|path| path.file_name()?.to_str()?.parse().ok()).unwrap_or(0)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}
