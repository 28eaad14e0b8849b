//! What the program tells about itself: help, manual page, completions, examples.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use support::World;

const COMMANDS: &[&str] = &[
    "new",
    "advise",
    "add",
    "update",
    "status",
    "diff",
    "sbom",
    "demo",
    "examples",
    "doctor",
    "templates",
    "completions",
    "man",
];

#[test]
fn help_manual_and_completions_know_every_command() {
    let world = World::new();
    let help = world.run(["--help"]).exits(0).stdout;
    let man = world.run(["man"]).exits(0).stdout;
    assert!(man.starts_with(".ie") || man.contains(".TH duostack"), "{man}");
    for command in COMMANDS {
        assert!(help.contains(&format!("  {command} ")) && man.contains(command), "{command}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(["completions", shell]).exits(0).stdout;
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
    world.run(["--version"]).exits(0).prints(env!("CARGO_PKG_VERSION"));
    world.run(["completions", "sh-el"]).exits(2);
}

#[test]
fn examples_are_listed_and_printed_ready_to_use() {
    let world = World::new();
    let list = world.run(["examples"]).exits(0).stdout;
    for name in ["pulse", "parley", "foresight"] {
        assert!(list.contains(name), "{list}");
        let answers = world.run(["examples", name]).exits(0).stdout;
        world.write("answers.toml", &answers);
        world.run(["advise", "--answers", "answers.toml"]).exits(0);
    }
    assert_eq!(world.run(["examples", "--json"]).exits(0).json().as_array().unwrap().len(), 3);
}

#[test]
fn advice_is_told_alike_to_people_and_programs() {
    let world = World::new();
    let page = world.run(["advise", "--example", "pulse"]).exits(0).stdout;
    let json = world.run(["advise", "--example", "pulse", "--json"]).exits(0).json();
    assert_eq!(json["shape"], "both");
    assert_eq!(json["chosen_by"], "advice");
    for key in ["confidence", "friction", "services", "reasons", "flips"] {
        assert!(!json[key].is_null(), "{key}");
    }
    for reason in json["reasons"].as_array().unwrap() {
        assert!(page.contains(reason["source"].as_str().unwrap()), "{reason}");
    }
    let forced = world.run(["advise", "--example", "pulse", "--set", "preferences.shape=node", "--json"]);
    assert!(forced.code == 0 || forced.stderr.contains("hint:"), "{}", forced.stderr);
    let lone = world
        .run(["advise", "--yes", "--set", "parts.api.workload=json-api", "--shape", "python", "--json"])
        .exits(0)
        .json();
    assert_eq!((&lone["chosen_by"], &lone["shape"]), (&"override".into(), &"python".into()));
    assert!(lone["advised"].is_string());
}

#[test]
fn colour_and_silence_are_as_asked_for() {
    let world = World::new();
    let page = |arguments: [&str; 5]| {
        let mut command = world.command(arguments);
        support::Ran::of(command.env_remove("NO_COLOR")).exits(0).stdout
    };
    assert!(page(["advise", "--example", "pulse", "--color", "always"]).contains("\u{1b}["));
    for when in ["never", "auto"] {
        assert!(!page(["advise", "--example", "pulse", "--color", when]).contains("\u{1b}["), "{when}");
    }
    let quiet = world.run(["new", "out", "--example", "parley", "--no-git", "--quiet"]).exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    world.run(["new", "out", "--example", "parley", "--no-git", "--quiet"]).exits(1).says("error:");
}
