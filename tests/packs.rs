//! Own packs: exported, checked, and emitted as they are.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use std::fs;

use support::World;

#[test]
fn the_built_in_pack_exports_checks_and_emits_the_same() {
    let world = World::new();
    world.run(["templates", "export", "pack"]).exits(0).says("Exported");
    world.run(["templates", "check", "pack"]).exits(0).says("a sound pack");
    world.run(["new", "one", "--example", "pulse", "--no-git"]).exits(0);
    world.run(["new", "two", "--example", "pulse", "--no-git", "--templates", "pack"]).exits(0);
    let (mut one, mut two) = (support::snapshot(&world.path("one")), support::snapshot(&world.path("two")));
    one.remove(".env");
    two.remove(".env");
    assert!(one == two, "a pack that was only exported emits the same bytes, its hash included");
}

#[test]
fn exporting_over_something_is_refused() {
    let world = World::new();
    world.write("pack/mine", "mine");
    let before = world.snapshot();
    world.run(["templates", "export", "pack"]).exits(1).says("is not empty");
    world.run(["templates", "export", "other", "--dry-run"]).exits(0).says("Would export");
    assert!(before == world.snapshot());
}

#[cfg(unix)]
#[test]
fn bits_bytes_odd_names_and_inner_links_come_out_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let world = World::new();
    world
        .write("pack/repository/bin/run me", "#!/bin/sh\n")
        .write("pack/repository/-x", "dash\r\n")
        .write("pack/repository/ü\"q'.bin", b"\0\xff");
    fs::set_permissions(world.path("pack/repository/bin/run me"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("bin/run me", world.path("pack/repository/link")).unwrap();
    world.run(["new", "out", "--example", "pulse", "--templates", "pack"]).exits(0);
    assert_eq!(fs::read(world.path("out/ü\"q'.bin")).unwrap(), b"\0\xff");
    assert_eq!(fs::read(world.path("out/-x")).unwrap(), b"dash\r\n");
    assert_eq!(fs::read_link(world.path("out/link")).unwrap().to_str(), Some("bin/run me"));
    assert_ne!(fs::metadata(world.path("out/bin/run me")).unwrap().permissions().mode() & 0o111, 0);
    assert_eq!(fs::metadata(world.path("out/-x")).unwrap().permissions().mode() & 0o111, 0);
}

#[test]
fn a_layer_applies_when_its_facts_hold_and_the_more_specific_wins() {
    let world = World::new();
    world
        .write("pack/repository/a.txt", "general")
        .write("pack/repository+both/a.txt", "specific")
        .write("pack/repository+chat/never.txt", "x")
        .write("pack/python-ml/{{service.name}}.md.hbs", "{{product.name}} {{service.port}}")
        .write("pack/repository/package.json", r#"{"dependencies":{"b":"1"}}"#)
        .write("pack/repository+node/package.json", r#"{"dependencies":{"a":"1"}}"#);
    world.run(["new", "out", "--example", "pulse", "--templates", "pack"]).exits(0);
    let read = |path: &str| fs::read_to_string(world.path(&format!("out/{path}"))).unwrap();
    assert_eq!(read("a.txt"), "specific");
    assert_eq!(read("services/ml/ml.md"), "Harbor Pulse 8000");
    assert!(!world.path("out/never.txt").exists());
    assert_eq!(read("package.json"), "{\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"b\": \"1\"\n  }\n}\n");
}

const QUESTIONS: &str = "[[questions]]\nkey = \"database\"\nask = \"Which database?\"\nwhy = \"It decides the compose file.\"\naccepts = [\"sqlite\", \"postgres\"]\ndefault = \"sqlite\"\n\n[[questions]]\nkey = \"owner\"\nask = \"Who owns it?\"\nwhy = \"For the footer.\"\ndefault = \"nobody\"\n";
const ANSWERS: &str = "[product]\nname = \"Asked\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n[pack]\ndatabase = \"postgres\" # the big one\n";

fn asking_pack(world: &World) {
    world
        .write("pack/pack.toml", QUESTIONS)
        .write("pack/repository/README.md.hbs", "{{pack.database}} of {{pack.owner}}\n")
        .write("pack/repository+database-postgres/compose.yaml", "services: {}\n")
        .write("answers.toml", ANSWERS);
}

#[test]
fn a_pack_asks_further_questions_and_its_layers_follow_the_answers() {
    let world = World::new();
    asking_pack(&world);
    world.run(["templates", "check", "pack"]).exits(0);
    world.run(["new", "out", "--answers", "answers.toml", "--templates", "pack"]).exits(0);
    let read = |path: &str| fs::read_to_string(world.path(&format!("out/{path}"))).unwrap();
    assert_eq!(read("README.md"), "postgres of nobody\n");
    assert!(world.path("out/compose.yaml").is_file());
    let answers = read("duostack.toml");
    assert!(answers.contains("database = \"postgres\" # the big one\nowner = \"nobody\""), "{answers}");
    // Another answer, another tree.
    let update = |arguments: &[&str]| {
        let mut command = world.command(["update", "--templates", "../pack", "--allow-dirty"]);
        support::Ran::of(command.args(arguments).current_dir(world.path("out")))
    };
    update(&["--set", "pack.database=sqlite", "--set", "pack.owner=Ada"]).exits(0).prints("deleted  compose.yaml");
    assert_eq!(read("README.md"), "sqlite of Ada\n");
    update(&["--set", "pack.database=oracle"]).exits(1).says("pack.database accepts: sqlite, postgres");
    // A question that a newer pack no longer asks.
    world.write("pack/pack.toml", QUESTIONS.split("\n\n").next().unwrap());
    world.write("pack/repository/README.md.hbs", "{{pack.database}}\n");
    update(&["--yes"]).exits(1).says("duostack.toml:").says("does not ask for `pack.owner`");
}

#[test]
fn what_a_pack_does_not_ask_or_accept_is_refused() {
    let world = World::new();
    asking_pack(&world);
    world.write("empty/repository/a.txt", "a\n");
    let before = world.snapshot();
    for (pack, set, says) in [
        ("pack", "pack.databse=sqlite", "did you mean `pack.database`?"),
        ("pack", "pack.database=oracle", "accepts: sqlite, postgres"),
        ("empty", "pack.owner=Ada", "asks nothing beyond the common answers"),
    ] {
        world
            .run(["new", "out", "--answers", "answers.toml", "--templates", pack, "--set", set])
            .exits(1)
            .says(if pack == "empty" { "this pack does not ask for" } else { says });
    }
    world.run(["new", "out", "--example", "parley", "--set", "pack.owner=Ada"]).exits(1).says("take the line out");
    assert!(before == world.snapshot());
    for (file, text, says) in [
        ("pack/pack.toml", "[[questions]]\nkey = \"x\"\n", "pack.toml:2: a question has no `ask`"),
        ("pack/pack.toml", "colour = 1\n", "pack.toml:1: unknown key `colour`"),
    ] {
        let whole = fs::read_to_string(world.path(file)).unwrap();
        world.write(file, text);
        world.run(["templates", "check", "pack"]).exits(1).says(says).says("hint: ");
        world.write(file, whole);
    }
    world.write("pack/repository+database-oracle/a.txt", "a\n");
    world.run(["templates", "check", "pack"]).exits(1).says("database-oracle");
}

#[test]
fn a_pack_can_neither_reach_out_nor_write_where_others_keep_their_state() {
    let world = World::new();
    asking_pack(&world);
    world.run(["new", "out", "--answers", "answers.toml", "--templates", "pack"]).exits(0);
    world.write("secret.txt", "secret\n");
    for (name, path) in [("git", ".git/hooks/pre-commit"), ("state", ".duostack/base/x"), ("answers", "duostack.toml")]
    {
        world.write(&format!("{name}/repository/{path}"), "#!/bin/sh\n");
    }
    fs::create_dir_all(world.path("link/repository")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../secret.txt", world.path("link/repository/l")).unwrap();
    let before = support::snapshot(&world.path("out"));
    for name in ["git", "state", "answers", "link"] {
        let pack = format!("../{name}");
        let mut command = world.command(["update", "--yes", "--allow-dirty", "--set", "pack.x=y", "--templates"]);
        support::Ran::of(command.arg(pack).current_dir(world.path("out"))).exits(1).says("hint: ");
        world.run(["new", "other", "--example", "parley", "--templates", name]).exits(1).says("hint: ");
        assert!(before == support::snapshot(&world.path("out")), "{name}");
    }
}
