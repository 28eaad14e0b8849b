//! npm and uv, asked to lock; and what uv knows of the packages beyond the lock.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use duostack::locks::{npm, python};

use crate::wanted::Wanted;

/// For which each package has to have a wheel. onnxruntime has none for musl, nor for Macs with Intel's processors.
pub const PLATFORMS: &[&str] =
    &["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];
const PYTHONS: &[&str] = &["3.11", "3.12", "3.13"];

type Text = Result<String, Box<dyn Error>>;

/// The lock of everything, without addresses.
pub fn npm(folder: &Path, wanted: &Wanted, seed: Option<&str>) -> Text {
    fs::write(folder.join("package.json"), wanted.package_json())?;
    if let Some(seed) = seed {
        fs::write(folder.join(npm::FILE), seed)?;
    }
    let line = "install --package-lock-only --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --loglevel=error";
    run(Command::new("npm").args(line.split(' ')).current_dir(folder))?;
    Ok(fs::read_to_string(folder.join(npm::FILE))?)
}

/// The lock of everything, and what uv warns of, such as versions that were withdrawn.
pub fn python(folder: &Path, wanted: &Wanted, seed: Option<&str>) -> Result<(String, Vec<String>), Box<dyn Error>> {
    fs::write(folder.join("pyproject.toml"), wanted.pyproject_toml())?;
    if let Some(seed) = seed {
        fs::write(folder.join(python::FILE), seed)?;
    }
    let line = "pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
                --only-binary :all: pyproject.toml --output-file requirements.txt";
    let told = run(Command::new("uv").args(line.split_whitespace()).current_dir(folder))?;
    let warnings = told.lines().filter(|line| line.starts_with("warning")).map(str::to_owned).collect();
    Ok((fs::read_to_string(folder.join(python::FILE))?, warnings))
}

/// Where a package would have to be built by whoever installs it.
pub fn platforms(folder: &Path) -> Vec<String> {
    let all = PLATFORMS.iter().flat_map(|platform| PYTHONS.iter().map(move |python| (platform, python)));
    all.filter_map(|(platform, python)| {
        let mut command = install(folder, platform, python);
        command.arg("--dry-run").args(["-r", python::FILE]);
        run(&mut command).err().map(|error| format!("{platform}, Python {python}: {error}"))
    })
    .collect()
}

/// The licence of each package, as its own metadata says; those for other systems are looked at, too.
pub fn licences(folder: &Path) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let mut found = BTreeMap::new();
    for platform in [PLATFORMS[0], PLATFORMS[3]] {
        run(install(folder, platform, PYTHONS[0]).args(["-r", python::FILE]))?;
        let told = run(Command::new("python3").args(["-c", READ]).arg(folder.join(platform)))?;
        found.extend(serde_json::from_str::<BTreeMap<String, String>>(&told)?);
    }
    Ok(found)
}

/// The expression of today's metadata, or what older ones say.
const READ: &str = r#"
import importlib.metadata as metadata, json, sys
def licence(one):
    told = one.get("License-Expression")
    classified = [c.split(" :: ")[-1] for c in one.get_all("Classifier", []) if c.startswith("License ::")]
    return told or ", ".join(classified) or one.get("License", "").split("\n")[0]
print(json.dumps({d.metadata["Name"]: licence(d.metadata) for d in metadata.distributions(path=[sys.argv[1]])}))
"#;

fn install(folder: &Path, platform: &str, python: &str) -> Command {
    let mut command = Command::new("uv");
    let line = "pip install --quiet --no-deps --require-hashes --only-binary :all:";
    command.args(line.split(' ')).args(["--python-platform", platform, "--python-version", python]);
    command.args(["--target", platform]).current_dir(folder).env("MACOSX_DEPLOYMENT_TARGET", "14.0");
    command
}

/// What it printed, both ways.
fn run(command: &mut Command) -> Text {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(told) } else { Err(told.trim().into()) }
}
