//! The bill of materials of an emitted repository, as a process.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Ran, World};

/// The bill of a fresh example.
fn bill(world: &World, example: &str) -> Value {
    world.run(["new", "out", "--example", example, "--no-git"]).exits(0);
    printed(world, "out").exits(0).json()
}

fn printed(world: &World, folder: &str) -> Ran {
    Ran::of(world.command(["sbom"]).current_dir(world.path(folder)))
}

fn lines<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| line.starts_with(mark))
}

#[test]
fn every_locked_package_is_told_with_version_hash_and_scope() {
    let world = World::new();
    let bill = bill(&world, "pulse");
    assert_eq!(bill["metadata"]["component"]["name"], "Harbor Pulse");
    let components = bill["components"].as_array().unwrap();
    let purls: Vec<&str> = components.iter().map(|one| one["purl"].as_str().unwrap()).collect();
    assert!(purls.is_sorted_by(|one, next| one < next), "sorted, and each once");
    for (component, purl) in components.iter().zip(&purls) {
        assert!(!component["hashes"].as_array().unwrap().is_empty(), "{purl}");
        assert!(component["version"].is_string() && component["scope"].is_string(), "{purl}");
        assert!(purl.starts_with("pkg:pypi/") || component["licenses"].is_array(), "{purl}");
    }
    for lock in ["contract/requirements.txt", "services/ml/requirements.txt", "services/ml/requirements-dev.txt"] {
        let text = fs::read_to_string(world.path("out").join(lock)).unwrap();
        for line in lines(&text, "").filter(|line| line.contains("==") && !line.starts_with(' ')) {
            let pinned = line.split(' ').next().unwrap().replace("==", "@");
            assert!(purls.contains(&format!("pkg:pypi/{pinned}").as_str()), "{pinned} of {lock}");
        }
    }
    let scope = |name: &str| {
        let of_name = components.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        of_name["scope"].as_str().unwrap()
    };
    for (name, says) in [("fastify", "required"), ("fastapi", "required"), ("vite", "excluded"), ("mypy", "excluded")] {
        assert_eq!(scope(name), says, "{name}");
    }
}

#[test]
fn it_tells_the_locks_as_they_stand_and_says_the_same_from_any_folder() {
    let world = World::new();
    let before = bill(&world, "pulse").to_string();
    assert_eq!(printed(&world, "out/services/ml").exits(0).json().to_string(), before);
    let lock = "services/mine/requirements.txt";
    let hash = "0".repeat(64);
    world.write("out/services/mine/requirements.in", "mine\n");
    world.write(&format!("out/{lock}"), format!("mine==1.0 \\\n    --hash=sha256:{hash}\n"));
    printed(&world, "out").exits(0).prints("\"pkg:pypi/mine@1.0\"").prints(lock).prints(&hash);
    world.write(&format!("out/{lock}"), "mine\n");
    printed(&world, "out").exits(1).says(&format!("{lock}: `mine` has no version")).says("hint:");
}

#[test]
fn without_a_repository_or_without_locks_it_says_the_way_out() {
    let world = World::new();
    world.run(["sbom"]).exits(1).says("there is no duostack.toml here").says("hint:");
    world.run(["new", "out", "--example", "parley", "--no-git"]).exits(0);
    for lock in ["package-lock.json", "contract/requirements.txt"] {
        fs::remove_file(world.path("out").join(lock)).unwrap();
    }
    printed(&world, "out").exits(1).says("there is no lock file here").says("npm install --package-lock-only");
}

#[test]
#[ignore = "toolchains: installs the validator of CycloneDX"]
fn the_schema_of_cyclonedx_accepts_every_example() {
    const CHECK: &str = "import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(fault) if fault else 0)";
    let python = validator();
    for example in ["pulse", "parley", "foresight"] {
        let world = World::new();
        world.write("bill.json", bill(&world, example).to_string());
        let checked = Command::new(&python).args(["-c", CHECK]).arg(world.path("bill.json")).output().unwrap();
        assert!(checked.status.success(), "{example}: {}", String::from_utf8_lossy(&checked.stderr));
        world.write("bill.json", "{}");
        let checked = Command::new(&python).args(["-c", CHECK]).arg(world.path("bill.json")).output().unwrap();
        assert!(!checked.status.success(), "it can refuse");
    }
}

/// A Python that has the validator, made once.
fn validator() -> std::path::PathBuf {
    let folder = tools::cache().join("cyclonedx");
    let python = folder.join("bin/python");
    if !folder.join("made").is_file() {
        let run = |program: &Path, arguments: &[&str]| {
            let status = Command::new(program).args(arguments).status();
            assert!(status.is_ok_and(|status| status.success()), "the validator could not be installed");
        };
        run(Path::new("python3"), &["-m", "venv", folder.to_str().unwrap()]);
        run(&python, &["-m", "pip", "install", "--quiet", "cyclonedx-python-lib[json-validation]==11.12.0"]);
        fs::write(folder.join("made"), "").unwrap();
    }
    python
}
