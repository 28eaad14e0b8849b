//! Bad input: each case is refused with its reason and a way out, and writes nothing.

#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start processes")]

mod support;

use support::{Ran, World};

/// Refused with exit 1, this text, at least one hint; the world stays as it was.
#[track_caller]
fn refused(world: &World, arguments: &[&str], reason: &str) {
    let before = world.snapshot();
    let mut command = world.command([]);
    let ran = Ran::of(command.args(arguments)).exits(1).says(reason).says("hint: ");
    assert_eq!(ran.stdout, "", "{arguments:?}");
    assert!(before == world.snapshot(), "{arguments:?} wrote something");
}

/// A sound answers file, in which one line is replaced or one is added.
const SOUND: &str = "schema = 1\n\n[product]\nname = \"Harbor Pulse\"\n\n[[parts]]\nname = \"berth-map\"\nworkload = \"live-dashboard\"\n\n[load]\nconnections = \"thousands\"\n";

#[test]
fn malformed_answers_files_are_refused_with_file_and_line() {
    let swap = |old: &str, new: &str| SOUND.replace(old, new);
    let add = |text: &str| format!("{SOUND}{text}\n");
    let cases: Vec<(String, &str)> = vec![
        (swap("schema = 1", "schema = 2"), "answers.toml:1: schema 2 is newer"),
        (swap("schema = 1", "schema = \"1\""), "answers.toml:1: schema accepts 1 only"),
        (swap("schema = 1", "schema = 0"), "answers.toml:1: schema accepts 1 only"),
        (swap("schema = 1", "schem = 1"), "answers.toml:1: unknown key `schem`"),
        (swap("[load]", "[laod]"), "answers.toml:10: unknown key `laod`"),
        (swap("[load]", "[[load]]"), "answers.toml:10: `load` is a table"),
        (swap("[product]\nname = \"Harbor Pulse\"", "product = \"Harbor\""), "answers.toml:3: `product` is a table"),
        (
            swap("connections = \"thousands\"", "connections = \"thousand\""),
            "answers.toml:11: load.connections does not accept \"thousand\"",
        ),
        (
            swap("connections = \"thousands\"", "connections = 1000"),
            "answers.toml:11: load.connections does not accept \"1000\"",
        ),
        (
            swap("connections = \"thousands\"", "connections = true"),
            "answers.toml:11: load.connections does not accept",
        ),
        (
            swap("connections = \"thousands\"", "connections = [\"thousands\"]"),
            "answers.toml:11: load.connections does not accept",
        ),
        (
            swap("connections = \"thousands\"", "conections = \"thousands\""),
            "answers.toml:11: unknown key `conections` in [load]",
        ),
        (swap("connections = \"thousands\"", "connections = "), "answers.toml:11: not TOML"),
        (
            swap("connections = \"thousands\"", "connections = \"thousands\"\nconnections = \"hundreds\""),
            "answers.toml:12: not TOML: duplicate key",
        ),
        (add("computation = \"huge\""), "answers.toml:12: load.computation does not accept \"huge\""),
        (add("[team]\njavascript = \"Strong\""), "answers.toml:13: team.javascript does not accept \"Strong\""),
        (add("[team]\nrust = \"strong\""), "answers.toml:13: unknown key `rust` in [team]"),
        (add("[team]\nin_two_years = \"mixed\""), "answers.toml:13: unknown key `in_two_years` in [team]"),
        (add("[roadmap]\nai = \"yes\""), "answers.toml:13: roadmap.ai does not accept \"yes\""),
        (add("[roadmap]\nreal-time = true"), "answers.toml:13: roadmap.real-time does not accept"),
        (
            add("[preferences]\nsingle-javascript-stack = \"yes\""),
            "answers.toml:13: preferences.single-javascript-stack does not accept",
        ),
        (add("[preferences]\nshape = \"go\""), "answers.toml:13: preferences.shape does not accept \"go\""),
        (add("[preferences]\nreason = 5"), "answers.toml:13: preferences.reason does not accept 5"),
        (add("[options]\nci = \"jenkins\""), "answers.toml:13: options.ci does not accept \"jenkins\""),
        (add("[options]\nlicense = \"gpl\""), "answers.toml:13: options.license does not accept \"gpl\""),
        (add("[options]\nlicence = \"mit\""), "answers.toml:13: unknown key `licence` in [options]"),
        (add("[extra]\nx = 1"), "answers.toml:12: unknown key `extra`"),
        (add("decision = 1\n[load.x]"), "answers.toml:12: unknown key `decision` in [load]"),
        (swap("name = \"Harbor Pulse\"", "name = \"\""), "a product name must not be empty"),
        (
            swap("name = \"Harbor Pulse\"", "name = \"../up\""),
            "answers.toml:4: product.name \"../up\" is refused: a product name is not a path",
        ),
        (swap("name = \"Harbor Pulse\"", "name = \"/etc\""), "a product name is not a path"),
        (swap("name = \"Harbor Pulse\"", "name = \"a\\nb\""), "one line of printable characters"),
        (swap("name = \"Harbor Pulse\"", "name = \"a\\u202eb\""), "one line of printable characters"),
        (swap("name = \"Harbor Pulse\"", "name = \"!!!\""), "needs at least one letter or digit"),
        (swap("name = \"Harbor Pulse\"", "name = \"con\""), "Windows reserves"),
        (swap("name = \"Harbor Pulse\"", "name = \"Class\""), "Python keyword"),
        (swap("name = \"Harbor Pulse\"", "name = \"http\""), "npm keeps"),
        (swap("name = \"Harbor Pulse\"", &format!("name = \"{}\"", "x".repeat(101))), "at most 100 characters"),
        (swap("name = \"Harbor Pulse\"", "name = 7"), "product.name does not accept 7"),
        (
            swap("name = \"Harbor Pulse\"", "name = \"A\"\nslug = \"Not A Slug\""),
            "answers.toml:5: product.slug \"Not A Slug\" is refused",
        ),
        (swap("name = \"Harbor Pulse\"", "name = \"A\"\nslug = \"nul\""), "Windows reserves"),
        (swap("name = \"Harbor Pulse\"", "name = \"A\"\nslug = \"../x\""), "kebab-case"),
        (
            swap("name = \"Harbor Pulse\"", "name = \"A\"\ndescription = \"two\\nlines\""),
            "answers.toml:5: product.description is one line",
        ),
        (swap("name = \"Harbor Pulse\"\n", ""), "the product has no name"),
        (swap("name = \"berth-map\"\n", ""), "a part has no name"),
        (swap("workload = \"live-dashboard\"\n", ""), "a part has no workload"),
        (swap("name = \"berth-map\"", "name = \"Berth Map\""), "answers.toml:7: parts.name \"Berth Map\" is refused"),
        (swap("name = \"berth-map\"", "name = \"aux\""), "Windows reserves"),
        (swap("name = \"berth-map\"", "name = 3"), "answers.toml:7: parts.name does not accept 3"),
        (
            swap("workload = \"live-dashboard\"", "workload = \"dashboard\""),
            "answers.toml:8: parts.workload does not accept \"dashboard\"",
        ),
        (
            swap("workload = \"live-dashboard\"", "workload = \"live-dashboard\"\nimportance = \"vital\""),
            "answers.toml:9: parts.importance does not accept \"vital\"",
        ),
        (
            swap("workload = \"live-dashboard\"", "workload = \"live-dashboard\"\nwieght = 3"),
            "answers.toml:9: unknown key `wieght` of a part",
        ),
        (swap("[[parts]]", "[parts]"), "answers.toml:6: `parts` is a list of tables"),
        (
            add("[[parts]]\nname = \"berth-map\"\nworkload = \"chat\""),
            "answers.toml:13: two parts are called `berth-map`",
        ),
        ("schema = 1\n[product]\nname = \"A\"\n".to_owned(), "the product has no part"),
        ("{\"schema\": 1}".to_owned(), "answers.toml:1: not TOML"),
        ("\u{0}".to_owned(), "answers.toml:1: not TOML"),
        ("parts = [1]\n[product]\nname = \"A\"\n".to_owned(), "answers.toml:1: `parts` is a list of tables"),
    ];
    for (text, reason) in &cases {
        let world = World::new();
        world.write("answers.toml", text);
        refused(&world, &["new", "out", "--answers", "answers.toml"], reason);
        refused(&world, &["advise", "--answers", "answers.toml"], reason);
    }
    assert!(cases.len() >= 55, "{}", cases.len());
}

#[test]
fn the_nearest_word_and_the_whole_list_are_named() {
    let world = World::new();
    world.write("answers.toml", SOUND.replace("\"thousands\"", "\"thousand\""));
    world
        .run(["advise", "--answers", "answers.toml"])
        .exits(1)
        .says("did you mean `thousands`?")
        .says("hundreds, thousands, tens-of-thousands");
    world.write("answers.toml", SOUND.replace("live-dashboard", "live-dashbord"));
    world
        .run(["advise", "--answers", "answers.toml"])
        .exits(1)
        .says("did you mean `live-dashboard`?")
        .says("automation");
    world
        .run(["new", "out", "--example", "puls"])
        .exits(1)
        .says("did you mean `pulse`?")
        .says("pulse, parley, foresight");
}

#[test]
fn files_that_cannot_be_read_are_refused() {
    let world = World::new();
    world.write("latin1.toml", b"name = \"caf\xe9\"").write("folder/x", "");
    refused(&world, &["new", "out", "--answers", "missing.toml"], "cannot read missing.toml");
    refused(&world, &["new", "out", "--answers", "latin1.toml"], "is not UTF-8 text");
    let ran = world.run(["new", "out", "--answers", "folder"]).exits(1);
    assert!(ran.stderr.contains("cannot read folder"), "{}", ran.stderr);
}

#[test]
fn settings_are_refused_with_the_flag_as_typed() {
    let world = World::new();
    for (setting, reason) in [
        ("load.conections=thousands", "unknown key `load.conections`"),
        ("load.connections=many", "--set load.connections=many: load.connections does not accept \"many\""),
        ("connections=thousands", "unknown key `connections`"),
        ("=x", "unknown key ``"),
        ("parts.a.workload=chatt", "parts.workload does not accept \"chatt\""),
        ("parts.a.colour=red", "unknown key `colour` of a part"),
        ("parts.9.workload=chat", "there is no part 9"),
        ("parts.a=chat", "unknown key `parts.a`"),
        ("parts=[{name=1}]", "parts.name does not accept 1"),
        ("parts=x", "not TOML"),
        ("parts.A B.workload=chat", "parts.name \"A B\" is refused"),
        ("product.name=..", "a product name is not a path"),
        ("product.slug=-", "kebab-case"),
        ("decision.shape=node", "unknown key `decision.shape`"),
        ("schema=1", "unknown key `schema`"),
        ("preferences.single-javascript-stack=1", "accept \"1\""),
        ("roadmap.real-time=", "does not accept \"\""),
    ] {
        refused(&world, &["new", "out", "--example", "pulse", "--set", setting], reason);
    }
    world.run(["new", "out", "--example", "pulse", "--set", "load.connections"]).exits(2).says("no `=`");
}

#[test]
fn wrong_command_lines_exit_2_and_write_nothing() {
    let world = World::new();
    for arguments in [
        &["nwe"][..],
        &["new", "a", "b"],
        &["new", "--shape", "go"],
        &["new", "--shape"],
        &["new", "--unknown"],
        &["advise", "--color", "blue"],
        &["templates"],
        &["templates", "check"],
        &["completions", "tcsh2"],
        &["demo", "a", "b"],
        &[],
    ] {
        let ran = Ran::of(world.command([]).args(arguments));
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(world.snapshot().is_empty());
    }
}

#[test]
fn wrong_packs_are_refused_with_their_place() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("nothing.txt", b"", "no `repository/` layer"),
        ("repositry/a", b"", "repositry/: a layer's name begins with its mount"),
        ("repository+chatt/a", b"", "`+chatt` is no fact"),
        ("node-chef/a", b"", "a layer's name begins with its mount"),
        ("repository/main.ts.hbs", b"x", "repository/main.ts.hbs: code is never a template"),
        ("repository/main.py.hbs", b"x", "code is never a template"),
        ("repository/q.sql.hbs", b"x", "code is never a template"),
        ("repository/x.css.hbs", b"x", "code is never a template"),
        ("repository/x.html.hbs", b"x", "code is never a template"),
        ("repository/a.md.hbs", b"one\n{{#if}\n", "repository/a.md.hbs:2: "),
        ("repository/a.md.hbs", b"{{product.nam}}", "`product.nam` is no word"),
        ("repository/a.md.hbs", b"{{#if missing}}{{/if}}", "`missing` is no word"),
        ("repository/a.md.hbs", b"{{> other}}", "partials and decorators"),
        ("repository/a.md.hbs", b"\xff\xfe", "not UTF-8"),
        ("repository/{{product.nam}}.md.hbs", b"x", "`product.nam` is no word"),
        ("repository/.git/hooks/post-checkout", b"x", "inside git's own folder"),
        ("repository/.duostack/manifest.json", b"x", "where duostack keeps its base"),
        ("repository/package.json", b"{", "package.json"),
    ];
    for (path, bytes, reason) in cases {
        let world = World::new();
        world.write("pack/repository/README.md", "# hi\n").write(&format!("pack/{path}"), bytes);
        if *path == "nothing.txt" {
            std::fs::remove_dir_all(world.path("pack/repository")).unwrap();
        }
        if *path == "repository/package.json" {
            world.write("pack/repository+both/package.json", "{}");
        } else {
            let ran = world.run(["templates", "check", "pack"]).exits(1).says(reason);
            assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
        }
        refused(&world, &["new", "out", "--example", "pulse", "--templates", "pack"], reason);
    }
}

#[cfg(unix)]
#[test]
fn packs_that_reach_outside_are_refused() {
    use std::os::unix::fs::symlink;
    for target in ["/etc/passwd", "../../secret", "a/../../../secret", ".."] {
        let world = World::new();
        world.write("pack/repository/README.md", "# hi\n").write("secret", "mine");
        symlink(target, world.path("pack/repository/link")).unwrap();
        refused(&world, &["new", "out", "--example", "pulse", "--templates", "pack"], "leaves the tree");
        world.run(["templates", "check", "pack"]).exits(1).says("leaves the tree");
    }
    let world = World::new();
    world.write("pack/repository/README.md", "# hi\n");
    refused(&world, &["new", "pack/../pack/repository", "--example", "pulse", "--templates", "pack"], "is not empty");
    refused(&world, &["new", "out", "--example", "pulse", "--templates", "missing"], "is no folder");
}

#[test]
fn two_layers_of_one_rank_may_not_emit_one_path() {
    let world = World::new();
    world
        .write("pack/repository/README.md", "x")
        .write("pack/repository+node/a.txt", "x")
        .write("pack/repository+python/a.txt", "x");
    refused(&world, &["new", "out", "--example", "pulse", "--templates", "pack"], "which are of one rank");
}
