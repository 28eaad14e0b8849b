//! What this machine has to run emitted repositories with, and what can be fetched.

#![allow(clippy::disallowed_methods, reason = "looks for programs and ports")]

use std::ffi::OsString;
use std::fmt;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::processes::{self, Stop};

/// npm is a batch file on Windows.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
/// The Node that is fetched where there is none that is new enough.
const FETCHED_NODE: &str = "24.21.0";
const NODE: Version = Version(22, 18, 0);
const PYTHON: Version = Version(3, 11, 0);
/// How Python may be called, the likeliest first.
const PYTHONS: &[&[&str]] =
    if cfg!(windows) { &[&["py", "-3"], &["python"], &["python3"]] } else { &[&["python3"], &["python"]] };

/// The same with the module that a virtual environment needs.
const ENSUREPIPS: &[&[&str]] = if cfg!(windows) {
    &[&["py", "-3", "-m", "ensurepip"], &["python", "-m", "ensurepip"]]
} else {
    &[&["python3", "-m", "ensurepip"], &["python", "-m", "ensurepip"]]
};

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The first version in what a program says of itself, such as `v22.18.0` or `Python 3.11.7`.
    pub fn within(said: &str) -> Option<Self> {
        let start = said.find(|letter: char| letter.is_ascii_digit())?;
        let mut numbers = said[start..].split(|letter: char| !letter.is_ascii_digit()).map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self(next()?, next()?, next().unwrap_or(0)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There, and new enough.
    Ok,
    /// There, but too old.
    TooOld,
    /// Not there.
    Missing,
    /// A port that something else listens on.
    Busy,
}

/// One thing that was looked for.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What was found.
    pub version: Option<String>,
    /// Whether nothing goes without it.
    pub required: bool,
    /// What it is for.
    pub needed_for: &'static str,
    /// How to get it, when it is not fine.
    pub remedy: Option<&'static str>,
}

struct Wanted {
    name: &'static str,
    commands: &'static [&'static [&'static str]],
    minimum: Version,
    required: bool,
    needed_for: &'static str,
    remedy: &'static str,
}

const WANTED: &[Wanted] = &[
    Wanted {
        name: "Node",
        commands: &[&["node"]],
        minimum: NODE,
        required: false,
        needed_for: "Node services and the page",
        remedy: "install Node 24 from nodejs.org; `duostack demo` fetches its own meanwhile",
    },
    Wanted {
        name: "npm",
        commands: &[&[NPM]],
        minimum: Version(9, 0, 0),
        required: true,
        needed_for: "installing Node packages",
        remedy: "it comes with Node: install that from nodejs.org",
    },
    Wanted {
        name: "Python",
        commands: PYTHONS,
        minimum: PYTHON,
        required: true,
        needed_for: "Python services",
        remedy: "install Python 3.11 or later from python.org, or with your system's packages",
    },
    Wanted {
        name: "venv",
        // Debian keeps it in a package of its own; what is missing without that is ensurepip.
        commands: ENSUREPIPS,
        minimum: Version(0, 0, 0),
        required: false,
        needed_for: "setting Python services up, unless uv does",
        remedy: "`apt install python3-venv` on Debian and Ubuntu, or install uv",
    },
    Wanted {
        name: "uv",
        commands: &[&["uv"]],
        minimum: Version(0, 5, 0),
        required: false,
        needed_for: "setting Python services up several times faster",
        remedy: "`pip install uv`; without it pip does the same",
    },
    Wanted {
        name: "git",
        commands: &[&["git"]],
        minimum: Version(2, 28, 0),
        required: false,
        needed_for: "the first commit of a new repository",
        remedy: "install git from git-scm.com; `duostack new` works without it",
    },
    Wanted {
        name: "Docker",
        commands: &[&["docker"]],
        minimum: Version(24, 0, 0),
        required: false,
        needed_for: "`docker compose up` in an emitted repository, nothing else",
        remedy: "install it from docker.com when you want containers",
    },
];

/// Default ports, and whose they are.
const PORTS: &[(u16, &str)] =
    &[(3000, "the Node service"), (8000, "the Python service ml"), (8001, "the Python service api")];

/// Everything that an emitted repository may need, one by one.
pub fn inspect() -> Vec<Finding> {
    WANTED.iter().map(look_for).chain(PORTS.iter().map(|(port, whose)| look_at_port(*port, whose))).collect()
}

fn look_for(wanted: &Wanted) -> Finding {
    let versions = wanted.commands.iter().filter_map(|command| version_of(command, None));
    let best = versions.max();
    let state = match best {
        None => State::Missing,
        Some(version) if version < wanted.minimum => State::TooOld,
        Some(_) => State::Ok,
    };
    Finding {
        name: wanted.name.to_owned(),
        state,
        version: best.map(|version| version.to_string()),
        required: wanted.required,
        needed_for: wanted.needed_for,
        remedy: (state != State::Ok).then_some(wanted.remedy),
    }
}

fn look_at_port(port: u16, whose: &'static str) -> Finding {
    let state = if is_free(port) { State::Ok } else { State::Busy };
    Finding {
        name: format!("port {port}"),
        state,
        version: None,
        required: false,
        needed_for: whose,
        remedy: (state == State::Busy).then_some("set another in .env, or stop what listens there"),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// The default port when it is free, else one that the system gives.
pub fn free_port(default: u16) -> u16 {
    let given = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    if is_free(default) { default } else { given().map_or(default, |address| address.port()) }
}

fn version_of(command: &[&str], path: Option<&OsString>) -> Option<Version> {
    let (program, words) = command.split_first()?;
    let mut command = Command::new(program);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let output = command.args(words).arg("--version").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| Version::within(&String::from_utf8_lossy(&output.stdout))).flatten()
}

/// The command that runs a Python that is new enough.
///
/// # Errors
/// There is none.
pub fn python() -> Outcome<&'static [&'static str]> {
    let found = PYTHONS.iter().find(|command| version_of(command, None).is_some_and(|version| version >= PYTHON));
    found.copied().ok_or_else(|| {
        Failure::refused("there is no Python 3.11 or later").hint(
            "install one from python.org or with your system's packages; `duostack doctor` says what else is missing",
        )
    })
}

/// `PATH` as it stands.
pub fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// `PATH` with a Node that is new enough first, and that Node's version; fetched into the cache when there is none.
///
/// # Errors
/// npm is missing, or cannot fetch it.
pub fn node(cache: &Path, stop: &Stop) -> Outcome<(OsString, Version)> {
    let own = path();
    if let Some(version) = version_of(&["node"], None).filter(|version| *version >= NODE) {
        return Ok((own, version));
    }
    let folder = cache.join(format!("node-{FETCHED_NODE}"));
    let package = package();
    let path = with_first(&folder.join("node_modules").join(&package).join("bin"), &own)?;
    if version_of(&["node"], Some(&path)).is_none_or(|version| version < NODE) {
        fetch(&folder, &package, stop)?;
    }
    match version_of(&["node"], Some(&path)).filter(|version| *version >= NODE) {
        Some(version) => Ok((path, version)),
        None => Err(no_node("the Node that was fetched does not run here")),
    }
}

/// The package of Node's own binaries for this machine.
fn package() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win",
        other => other,
    };
    let machine = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "x64",
    };
    format!("node-{system}-{machine}")
}

fn fetch(folder: &Path, package: &str, stop: &Stop) -> Outcome<()> {
    std::fs::create_dir_all(folder).map_err(|error| no_node(&format!("{}: {error}", folder.display())))?;
    let mut command = Command::new(NPM);
    command.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"]);
    command.arg(folder).arg(format!("{package}@{FETCHED_NODE}"));
    processes::run_logged(&mut command, &folder.join("npm.log"), stop).map_err(|failure| {
        failure.hint(format!(
            "fetching Node {FETCHED_NODE} failed: install Node 24 from nodejs.org, or mend what npm says"
        ))
    })
}

fn no_node(reason: &str) -> Failure {
    Failure::refused(reason).hint("install Node 24 from nodejs.org")
}

fn with_first(folder: &Path, path: &OsString) -> Outcome<OsString> {
    std::env::join_paths([folder.to_owned()].into_iter().chain(std::env::split_paths(path)))
        .map_err(|error| Failure::refused(format!("PATH: {error}")))
}

/// Where downloads and demos are kept: `DUOSTACK_CACHE`, else the user's cache folder.
///
/// # Errors
/// No variable says where that is.
pub fn cache() -> Outcome<PathBuf> {
    let below = |variable: &str, rest: &str| {
        std::env::var_os(variable).filter(|value| !value.is_empty()).map(|value| PathBuf::from(value).join(rest))
    };
    let system = match std::env::consts::OS {
        "macos" => below("HOME", "Library/Caches/duostack"),
        "windows" => below("LOCALAPPDATA", "duostack"),
        _ => below("XDG_CACHE_HOME", "duostack").or_else(|| below("HOME", ".cache/duostack")),
    };
    below("DUOSTACK_CACHE", "").or(system).ok_or_else(|| {
        Failure::refused("there is no folder to keep downloads in").hint("say one with DUOSTACK_CACHE=/some/folder")
    })
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (said, version) in [
            ("v24.21.0\n", Some(Version(24, 21, 0))),
            ("Python 3.11.7", Some(Version(3, 11, 7))),
            ("git version 2.43.0.windows.1", Some(Version(2, 43, 0))),
            ("Docker version 29.1.3, build f52814d", Some(Version(29, 1, 3))),
            ("10.9", Some(Version(10, 9, 0))),
            ("no numbers", None),
            ("7", None),
        ] {
            assert_eq!(Version::within(said), version, "{said}");
        }
        assert!(Version(22, 9, 0) < Version(22, 18, 0));
    }
}
