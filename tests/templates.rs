//! Manners of templates/; those of every emitted file are in combinations.rs.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use duostack::catalogue::{Catalogue, built_in_files};

fn tracked(folder: &str) -> BTreeSet<String> {
    let output = Command::new("git")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", folder])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(|path| path[folder.len() + 1..].to_owned())
        .collect()
}

#[test]
fn the_binary_embeds_what_git_tracks_and_nothing_else() {
    let embedded: BTreeSet<String> = built_in_files().into_iter().map(|(path, ..)| path).collect();
    let tracked = tracked("templates");
    assert!(!tracked.is_empty());
    let surplus: Vec<_> = embedded.difference(&tracked).collect();
    let missing: Vec<_> = tracked.difference(&embedded).collect();
    assert!(
        surplus.is_empty() && missing.is_empty(),
        "embedded but not tracked: {surplus:?}\ntracked but not embedded: {missing:?}"
    );
}

#[test]
fn what_is_published_holds_every_template() {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .output()
        .unwrap();
    let packaged: BTreeSet<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let missing: Vec<_> =
        tracked("templates").into_iter().filter(|path| !packaged.contains(&format!("templates/{path}"))).collect();
    assert!(missing.is_empty(), "cargo package drops {missing:?}");
}

#[cfg(unix)]
#[test]
fn the_list_of_executables_is_true() {
    use std::os::unix::fs::PermissionsExt;
    for (path, _, executable) in built_in_files() {
        let mode = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates")
            .join(&path)
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(executable, mode & 0o111 != 0, "{path}");
    }
}

#[test]
fn every_template_parses_and_says_only_known_words() {
    let problems = duostack::render::check(&Catalogue::built_in().unwrap());
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn no_code_is_a_template() {
    for path in tracked("templates") {
        for ending in [".ts.hbs", ".js.hbs", ".mjs.hbs", ".py.hbs", ".sql.hbs", ".css.hbs", ".html.hbs"] {
            assert!(!path.ends_with(ending), "{path}");
        }
    }
}
