//! The same answers give the same bytes, whoever asks, wherever and when.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use support::{Ran, World, snapshot};

/// Everything that was emitted but the secrets, which differ by intention.
fn emitted(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut tree = snapshot(root);
    assert!(tree.remove(".env").is_some() && tree.contains_key("duostack.toml"));
    assert!(tree.keys().any(|path| path.starts_with(".duostack/base/")));
    tree
}

/// The example in a world of its own, with the command changed in some way.
fn new(change: impl FnOnce(&mut Command, &World)) -> BTreeMap<String, Vec<u8>> {
    let world = World::new();
    let mut command = world.command(["new", "--example", "pulse", "--no-git"]);
    command.arg(world.path("out"));
    change(&mut command, &world);
    Ran::of(&mut command).exits(0);
    emitted(&world.path("out"))
}

#[test]
fn neither_language_nor_time_zone_nor_home_nor_place_changes_a_byte() {
    let plain = new(|_, _| {});
    let nowhere = new(|command, world| {
        command.env_clear().env("HOME", world.path("no/such/home"));
    });
    assert!(nowhere == plain, "an empty environment");
    for language in ["tr_TR.UTF-8", "C", "ar_EG.UTF-8", "de_DE@euro"] {
        let other = new(|command, _| {
            command.envs([("LANG", language), ("LC_ALL", language), ("LANGUAGE", language)]);
        });
        assert!(other == plain, "{language}");
    }
    for (variable, value) in
        [("TZ", "Pacific/Kiritimati"), ("TZ", "<-12>12"), ("COLUMNS", "20"), ("SOURCE_DATE_EPOCH", "0")]
    {
        let other = new(|command, _| {
            command.env(variable, value);
        });
        assert!(other == plain, "{variable}={value}");
    }
    let elsewhere = new(|command, world| {
        let folder = world.path("déjà vu/below");
        fs::create_dir_all(&folder).unwrap();
        command.current_dir(folder);
    });
    assert!(elsewhere == plain, "another working directory");
}

#[test]
fn the_umask_takes_rights_away_and_changes_nothing_else() {
    let under = |mask: &str| {
        let world = World::new();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("umask {mask}; exec \"$0\" new out --example pulse --no-git"),
            env!("CARGO_BIN_EXE_duostack"),
        ]);
        Ran::of(command.current_dir(world.root())).exits(0);
        (emitted(&world.path("out")), modes(&world.path("out")))
    };
    let (plain, open) = under("000");
    for mask in ["022", "027", "077"] {
        let (tree, modes) = under(mask);
        assert!(tree == plain, "umask {mask}");
        let bits = u32::from_str_radix(mask, 8).unwrap();
        for (path, mode) in &modes {
            assert_eq!(*mode, open[path] & !bits, "umask {mask}: {path}");
        }
    }
    for (path, mode) in &open {
        let folder = path.ends_with('/') || path.is_empty();
        let expected = if path == ".env" {
            0o600
        } else if folder {
            0o777
        } else {
            0o666
        };
        assert_eq!(*mode, expected, "{path} is {mode:o}");
    }
}

fn modes(root: &Path) -> BTreeMap<String, u32> {
    let paths = snapshot(root).into_keys();
    paths.map(|path| (path.clone(), root.join(&path).metadata().unwrap().permissions().mode() & 0o777)).collect()
}

#[test]
fn a_pack_whose_entries_were_made_in_another_order_is_the_same_pack() {
    let world = World::new();
    world.run(["templates", "export", "pack"]).exits(0);
    let files = snapshot(&world.path("pack"));
    for (path, bytes) in files.iter().rev().filter(|(path, _)| !path.ends_with('/')) {
        world.write(&format!("turned/{path}"), bytes);
    }
    for pack in ["pack", "turned"] {
        let out = format!("{pack}-out");
        world.run(["new", &out, "--example", "pulse", "--no-git", "--templates", pack]).exits(0);
    }
    let (one, other) = (emitted(&world.path("pack-out")), emitted(&world.path("turned-out")));
    assert!(one == other, "the answers' hash of the pack included");
    assert!(one == new(|_, _| {}), "and the same as the one inside the program");
}
