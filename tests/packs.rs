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
