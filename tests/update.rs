//! `update`, `add`, `status` and `diff` as a process, on repositories that were really emitted.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Ran, World};

/// An emitted repository with everything committed.
struct Repository {
    world: World,
    root: PathBuf,
}

impl Repository {
    fn of(example: &str) -> Self {
        let world = World::new();
        world.run(["new", "repo", "--example", example]).exits(0);
        let root = world.path("repo");
        Self { world, root }
    }

    fn run<const N: usize>(&self, arguments: [&str; N]) -> Ran {
        self.run_in(&self.root, arguments)
    }

    fn run_in<const N: usize>(&self, folder: &Path, arguments: [&str; N]) -> Ran {
        Ran::of(self.world.command(arguments).current_dir(folder))
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.root, arguments)
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "mine"]);
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.root.join(path).parent().unwrap()).unwrap();
        fs::write(self.root.join(path), text).unwrap();
    }

    /// Edits a file as an owner would: replaces some text that is there.
    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old:?}");
        self.write(path, &text.replacen(old, new, 1));
    }

    fn snapshot(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let mut all = support::snapshot(&self.root);
        all.retain(|path, _| !path.starts_with(".git/"));
        all
    }

    #[track_caller]
    fn unchanged_by<const N: usize>(&self, arguments: [&str; N], code: i32) -> Ran {
        let before = support::snapshot(&self.root);
        let ran = self.run(arguments).exits(code);
        assert!(before == support::snapshot(&self.root), "{arguments:?} changed something");
        ran
    }
}

fn git_in(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args([
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "protocol.file.allow=always",
    ]);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_fresh_repository_is_up_to_date() {
    for example in ["pulse", "parley", "foresight"] {
        let repository = Repository::of(example);
        repository.unchanged_by(["update"], 0).says("Up to date");
        repository.unchanged_by(["status", "--check"], 0).prints("An update would change nothing");
        assert_eq!(repository.unchanged_by(["diff"], 0).stdout, "");
        assert_eq!(repository.run(["status", "--json"]).exits(0).json()["current"], true);
    }
}

#[test]
fn an_edited_answer_is_carried_out_and_every_edit_stays() {
    let repository = Repository::of("parley");
    repository.edit("README.md", "Rooms to talk in", "Rooms to talk in, by Ada");
    repository.write("notes/mine.md", "mine\n");
    repository.edit("duostack.toml", "license = \"none\"", "license = \"mit\" # for everyone");
    repository.commit();
    repository
        .run(["status", "--check"])
        .exits(1)
        .prints("LICENSE")
        .prints("README.md")
        .says("`duostack update` does it");
    let dry = repository.unchanged_by(["update", "--dry-run", "--json"], 0).json();
    let wet = repository.run(["update", "--json"]).exits(0).json();
    assert_eq!(dry, wet);
    let license = wet["files"].as_array().unwrap().iter().find(|file| file["path"] == "LICENSE").unwrap().clone();
    assert_eq!((license["state"].as_str(), license["layer"].as_str()), (Some("created"), Some("repository+mit")));
    assert!(repository.read("LICENSE").contains("MIT"));
    assert!(repository.read("README.md").contains("by Ada"));
    assert_eq!(repository.read("notes/mine.md"), "mine\n");
    assert!(repository.read("duostack.toml").contains("license = \"mit\" # for everyone"));
    repository.unchanged_by(["update"], 0).says("Up to date");
}

#[test]
fn an_answer_on_the_command_line_is_recorded() {
    let repository = Repository::of("parley");
    repository
        .run(["update", "--set", "options.ci=gitlab"])
        .exits(0)
        .prints("created  .gitlab-ci.yml")
        .prints("deleted  .github/");
    assert!(repository.read("duostack.toml").contains("ci = \"gitlab\""));
    assert!(!repository.root.join(".github").exists(), "emptied folders go");
    repository.unchanged_by(["update"], 0);
}

#[test]
fn a_part_in_the_other_language_makes_it_a_hybrid() {
    let repository = Repository::of("parley");
    repository.edit("package.json", "\"scripts\": {", "\"scripts\": {\n    \"mine\": \"echo mine\",");
    repository.edit("services/realtime/src/main.ts", "import", "// mine\nimport");
    repository.commit();
    repository
        .run(["add", "machine-learning", "--name", "mood"])
        .exits(0)
        .says("`mood` alone is for python")
        .prints("services/ml/app/main.py");
    let answers = repository.read("duostack.toml");
    assert!(answers.contains("name = \"mood\"\nworkload = \"machine-learning\""), "{answers}");
    assert!(answers.contains("shape = \"both\""), "{answers}");
    let package = repository.read("package.json");
    assert!(package.contains("\"mine\": \"echo mine\"") && package.contains("\"setup\""), "{package}");
    assert!(repository.read("services/realtime/src/main.ts").starts_with("// mine\n"));
    assert!(repository.root.join("contract/openapi/scoring.yaml").is_file());
    repository.unchanged_by(["update"], 0);
    // It is what `new` would have emitted, but for what the owner wrote.
    let fresh = World::new();
    fresh.write("answers.toml", &answers);
    fresh.run(["new", "repo", "--answers", "answers.toml", "--no-git"]).exits(0);
    let (mine, new) = (repository.snapshot(), support::snapshot(&fresh.path("repo")));
    let differ: Vec<&String> = new.keys().filter(|path| mine.get(*path) != new.get(*path) && *path != ".env").collect();
    assert_eq!(differ, ["package.json", "services/realtime/src/main.ts"]);
}

#[test]
fn names_are_made_unique_and_taken_ones_refused() {
    let repository = Repository::of("parley");
    repository.run(["add", "chat"]).exits(0);
    repository.run(["add", "chat", "--allow-dirty"]).exits(0);
    let answers = repository.read("duostack.toml");
    assert!(answers.contains("name = \"chat\"") && answers.contains("name = \"chat-2\""), "{answers}");
    repository.commit();
    repository.unchanged_by(["add", "chat", "--name", "rooms"], 1).says("a part called `rooms`").says("--name");
    repository.unchanged_by(["add", "chat", "--name", "Not Kebab"], 1).says("hint: ");
    repository.unchanged_by(["add", "gardening"], 2).says("possible values");
    repository.unchanged_by(["add", "automation"], 1).says("cannot be emitted yet");
}

#[test]
fn removing_a_part_takes_untouched_files_away_and_keeps_touched_ones() {
    let repository = Repository::of("pulse");
    repository.edit("services/ml/app/model.py", "import", "# mine\nimport");
    let answers = repository.read("duostack.toml");
    let cut = answers.find("[[parts]]\nname = \"delay").or_else(|| answers.rfind("[[parts]]")).unwrap();
    let rest = &answers[cut..];
    let end = cut + rest.find("\n\n").unwrap();
    repository.write("duostack.toml", &format!("{}{}", &answers[..cut], &answers[end..]));
    repository.commit();
    let ran = repository.run(["update"]).exits(3).prints("conflict  services/ml/app/model.py").says("you to decide");
    assert!(ran.stdout.contains("deleted  services/ml/app/main.py"), "{}", ran.stdout);
    assert!(repository.read("services/ml/app/model.py").contains("# mine"));
    assert!(!repository.root.join("services/ml/app/main.py").exists());
    assert!(repository.read("duostack.toml").contains("shape = \"node\""));
    repository.unchanged_by(["update"], 0);
}

#[test]
fn a_recorded_decision_is_kept_whatever_the_advice_says_now() {
    let repository = Repository::of("foresight");
    repository.run(["add", "json-api"]).exits(0);
    repository.commit();
    // A team of JavaScript alone would have been advised otherwise.
    let set = [
        "--set",
        "team.python=none",
        "--set",
        "team.javascript=strong",
        "--set",
        "preferences.single-javascript-stack=true",
    ];
    let mut command = repository.world.command(["update"]);
    Ran::of(command.args(set).current_dir(&repository.root)).exits(0);
    assert!(repository.read("duostack.toml").contains("[decision]\nshape = \"python\""));
}

#[test]
fn uncommitted_changes_are_refused_unless_allowed() {
    let repository = Repository::of("parley");
    repository.edit("README.md", "Rooms", "My rooms");
    repository.unchanged_by(["update", "--set", "options.license=mit"], 1).says("README.md").says("--allow-dirty");
    repository.unchanged_by(["update", "--set", "options.license=mit", "--dry-run"], 1);
    repository.write("untracked.txt", "not in the way\n");
    repository.run(["update", "--set", "options.license=mit", "--allow-dirty"]).exits(0);
    assert!(repository.read("README.md").contains("My rooms"));
}

#[test]
fn editing_the_answers_is_no_reason_to_refuse() {
    let repository = Repository::of("parley");
    repository.edit("duostack.toml", "license = \"none\"", "license = \"mit\"");
    repository.run(["update"]).exits(0).prints("LICENSE");
}

#[test]
fn without_git_it_works_too() {
    let world = World::new();
    world.run(["new", "repo", "--example", "parley", "--no-git"]).exits(0);
    for no_git_at_all in [false, true] {
        let mut command =
            world.command(["update", "--set", if no_git_at_all { "options.license=mit" } else { "options.ci=none" }]);
        command.current_dir(world.path("repo"));
        if no_git_at_all {
            command.env("PATH", "/nonexistent");
        }
        Ran::of(&mut command).exits(0).says("Updated");
    }
}

#[test]
fn it_works_wherever_git_keeps_the_repository() {
    // A subfolder of a larger repository, with a dirty file outside that is none of our business.
    let outer = World::new();
    git_in(&outer.root(), &["init", "--quiet"]);
    outer.write("other.txt", "outer\n");
    outer.run(["new", "apps/repo", "--example", "parley"]).exits(0);
    git_in(&outer.root(), &["add", "--all"]);
    git_in(&outer.root(), &["commit", "--quiet", "--message", "all"]);
    outer.write("other.txt", "dirty\n");
    let update = |world: &World, folder: &str| {
        let mut command = world.command(["update", "--set", "options.license=mit"]);
        Ran::of(command.current_dir(world.path(folder)))
    };
    update(&outer, "apps/repo").exits(0).prints("created  LICENSE");
    outer.write("apps/repo/README.md", "dirty inside\n");
    let mut again = outer.command(["update", "--set", "options.license=none"]);
    Ran::of(again.current_dir(outer.path("apps/repo"))).exits(1).says("README.md");

    let repository = Repository::of("parley");
    let elsewhere = World::new();
    let source = repository.root.to_str().unwrap();
    // A shallow clone, a linked worktree, a submodule; each from a folder inside.
    git_in(&elsewhere.root(), &["clone", "--quiet", "--depth", "1", &format!("file://{source}"), "shallow"]);
    repository.git(&["worktree", "add", "--quiet", elsewhere.path("linked").to_str().unwrap()]);
    git_in(&elsewhere.root(), &["init", "--quiet", "super"]);
    git_in(&elsewhere.path("super"), &["submodule", "--quiet", "add", source, "sub"]);
    git_in(&elsewhere.path("super"), &["commit", "--quiet", "--message", "sub"]);
    for folder in ["shallow", "linked", "super/sub"] {
        update(&elsewhere, &format!("{folder}/services")).exits(0).prints("created  LICENSE");
        assert!(elsewhere.path(&format!("{folder}/LICENSE")).is_file());
    }
}

#[cfg(unix)]
#[test]
fn no_hook_runs_and_git_is_asked_a_handful_of_times() {
    use std::os::unix::fs::PermissionsExt;
    let repository = Repository::of("pulse");
    let world = &repository.world;
    let script = |path: &str, text: &str| {
        world.write(path, text);
        fs::set_permissions(world.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let trap = format!("#!/bin/sh\ntouch {}/hook-ran\n", world.root().display());
    for hook in ["pre-commit", "post-index-change", "post-checkout", "fsmonitor"] {
        script(&format!("hooks/{hook}"), &trap);
    }
    world.write(
        "config",
        format!(
            "[core]\nhooksPath = {0}/hooks\nfsmonitor = {0}/hooks/fsmonitor\nautocrlf = true\nquotePath = true\n[status]\nshowUntrackedFiles = no\n[merge]\nconflictStyle = merge\n",
            world.root().display()
        ),
    );
    script(
        "bin/git",
        &format!(
            "#!/bin/sh\necho \"$@\" >> {}/asked\nexec /usr/bin/env -i PATH=/usr/bin:/bin HOME=/ GIT_CONFIG_GLOBAL=$GIT_CONFIG_GLOBAL git \"$@\"\n",
            world.root().display()
        ),
    );
    // Many contested files: every Markdown file is edited on both sides.
    repository.edit("README.md", "#", "# Mine:");
    repository.edit("AGENTS.md", "#", "# Mine:");
    fs::remove_file(repository.root.join("LICENSE")).ok();
    repository.commit();
    fs::rename(repository.root.join("docs"), repository.root.join("papers")).unwrap();
    repository.commit();
    let mut command = world.command(["update", "--set", "product.name=Other Name", "--set", "options.license=mit"]);
    command.env("PATH", format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap()));
    command.env("GIT_CONFIG_GLOBAL", world.path("config"));
    let ran = Ran::of(command.current_dir(&repository.root));
    assert!(ran.code == 0 || ran.code == 3, "{}", ran.stderr);
    assert!(ran.stdout.contains("papers/decisions"), "the change followed the renamed folder: {}", ran.stdout);
    let asked = fs::read_to_string(world.path("asked")).unwrap();
    assert!((1..=6).contains(&asked.lines().count()), "{asked}");
    assert!(!world.path("hook-ran").exists());
}

#[test]
fn a_base_that_is_damaged_or_missing_says_how_to_rebuild_it() {
    let repository = Repository::of("parley");
    let manifest = repository.root.join(".duostack/manifest.json");
    let whole = fs::read(&manifest).unwrap();
    let blob = walk(&repository.root.join(".duostack/base")).into_iter().next().unwrap();
    let bytes = fs::read(&blob).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let bad_path = text.replacen("\"path\":\"README.md\"", "\"path\":\"../../README.md\"", 1);
    let cases: Vec<(&Path, Option<Vec<u8>>, &str)> = vec![
        (&manifest, None, "is missing"),
        (&manifest, Some(b"not json".to_vec()), "damaged"),
        (&manifest, Some(b"\xff\xfe".to_vec()), "damaged"),
        (&manifest, Some(whole[..whole.len() / 2].to_vec()), "damaged"),
        (&manifest, Some(text.replace("\"format\": 1", "\"format\": 9").into_bytes()), "format 9"),
        (&manifest, Some(bad_path.into_bytes()), "leaves the repository"),
        (&blob, None, "is missing"),
        (&blob, Some(b"other bytes".to_vec()), "damaged"),
        (&blob, Some(Vec::new()), "damaged"),
    ];
    for (path, content, says) in cases {
        let original = fs::read(path).unwrap();
        match &content {
            None => fs::remove_file(path).unwrap(),
            Some(content) => fs::write(path, content).unwrap(),
        }
        for command in ["update", "status", "diff"] {
            repository.unchanged_by([command], 1).says(says).says("hint: ");
        }
        fs::write(path, original).unwrap();
    }
    assert_eq!((fs::read(&manifest).unwrap(), fs::read(&blob).unwrap()), (whole, bytes));
    // The way that the hint names really leads out.
    fs::remove_dir_all(repository.root.join(".duostack")).unwrap();
    repository.edit("README.md", "Rooms", "My rooms");
    repository.run(["update"]).exits(1).says("duostack new ../fresh --answers duostack.toml --no-git");
    repository.run(["new", "../fresh", "--answers", "duostack.toml", "--no-git"]).exits(0);
    fs::rename(repository.world.path("fresh/.duostack"), repository.root.join(".duostack")).unwrap();
    repository.commit();
    repository.run(["status"]).exits(0).prints("edited  README.md").prints("change nothing");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_recorded_answer_that_is_no_longer_valid_is_refused() {
    let repository = Repository::of("parley");
    let whole = repository.read("duostack.toml");
    for (old, new, says) in [
        ("workload = \"chat\"", "workload = \"telegraph\"", "parts.workload does not accept \"telegraph\""),
        ("shape = \"node\"", "shape = \"ruby\"", "decision.shape does not accept \"ruby\""),
        ("language = \"node\"", "language = \"perl\"", "decision.services.language does not accept \"perl\""),
        ("role = \"realtime\"", "role = \"magic\"", "decision.services.role does not accept \"magic\""),
        ("name = \"realtime\"", "name = \"../realtime\"", "decision.services.name"),
        ("[decision]", "[decision]\ncolour = 1", "unknown key `colour`"),
        ("schema = 1", "schema = 7", "schema 7 is newer"),
        (
            "connections = \"tens-of-thousands\"",
            "connections = \"millions\"",
            "load.connections does not accept \"millions\"",
        ),
    ] {
        assert!(whole.contains(old), "{old}");
        repository.write("duostack.toml", &whole.replacen(old, new, 1));
        for command in ["update", "status", "diff"] {
            repository.unchanged_by([command], 1).says(says).says("duostack.toml:").says("hint: ");
        }
    }
}

#[test]
fn outside_a_repository_it_says_where_to_run() {
    let world = World::new();
    for arguments in [["update", "--yes"], ["status", "--yes"], ["diff", "--yes"], ["add", "chat"]] {
        world.run(arguments).exits(1).says("there is no duostack.toml").says("duostack new");
    }
}

#[test]
fn markers_block_an_update_until_they_are_gone() {
    let repository = Repository::of("parley");
    repository.edit("README.md", "# Parley", "# My Parley");
    repository.commit();
    repository.run(["update", "--set", "product.name=Salon"]).exits(3).prints("conflict  README.md").says("<<<<<<<");
    assert!(repository.read("README.md").contains(">>>>>>> theirs (duostack "));
    repository.commit();
    repository.unchanged_by(["update"], 1).says("markers of an earlier merge still stand in README.md");
    let status = repository.unchanged_by(["status", "--json"], 0).json();
    assert_eq!(status["markers"], serde_json::json!(["README.md"]));
    repository.run(["status"]).prints("Markers of an earlier merge still stand in");
    let text = repository.read("README.md");
    let resolved: String = text
        .lines()
        .filter(|line| !["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker)))
        .map(|line| format!("{line}\n"))
        .collect();
    repository.write("README.md", &resolved);
    repository.commit();
    repository.unchanged_by(["update"], 0).says("Up to date");
}

#[test]
fn the_diff_is_one_that_git_applies() {
    let repository = Repository::of("parley");
    repository.edit("README.md", "Rooms", "My rooms");
    repository.commit();
    let set = ["--set", "product.description=Talk", "--set", "options.license=mit", "--set", "options.ci=gitlab"];
    let mut command = repository.world.command(["diff"]);
    let diff = Ran::of(command.args(set).current_dir(&repository.root)).exits(0).stdout;
    let json = {
        let mut command = repository.world.command(["diff", "--json"]);
        Ran::of(command.args(set).current_dir(&repository.root)).exits(0).json()
    };
    assert_eq!(json["diff"], diff);
    let copy = World::new();
    git_in(&copy.root(), &["clone", "--quiet", repository.root.to_str().unwrap(), "copy"]);
    copy.write("update.patch", &diff);
    git_in(&copy.path("copy"), &["apply", "../update.patch"]);
    let mut command = repository.world.command(["update"]);
    let ran = Ran::of(command.args(set).current_dir(&repository.root));
    assert!(ran.code == 0 || ran.code == 3);
    let plain = |mut all: std::collections::BTreeMap<String, Vec<u8>>| {
        all.retain(|path, _| {
            !path.starts_with(".git/") && !path.starts_with(".duostack") && path != "duostack.toml" && path != ".env"
        });
        all
    };
    assert!(plain(support::snapshot(&copy.path("copy"))) == plain(repository.snapshot()));
}

#[test]
fn secrets_never_enter_answers_base_or_output() {
    let repository = Repository::of("pulse");
    let env = repository.read(".env");
    let secret =
        env.lines().find_map(|line| line.split_once('=').filter(|(_, value)| value.len() == 64)).unwrap().1.to_owned();
    let ran = repository.run(["update", "--set", "options.license=mit", "--json"]).exits(0);
    assert_eq!(repository.read(".env"), env);
    assert!(!ran.stdout.contains(&secret) && !ran.stderr.contains(&secret));
    for (path, bytes) in repository.snapshot() {
        let holds = String::from_utf8_lossy(&bytes).contains(&secret);
        assert!(path == ".env" || !holds, "{path}");
    }
}

#[test]
fn a_name_that_no_shell_likes_survives() {
    let world = World::new();
    let odd = [
        "with space.txt",
        "with \"quotes\" & 'more'.txt",
        "-leading",
        "ünïcode/☃.md",
        "back`tick`$(x).txt",
        "tab\there",
    ];
    for (pack, text) in [("one", "1\n2\n3\n4\n5\n"), ("two", "1\n2\n3\n4\nfive\n")] {
        for name in odd {
            world.write(&format!("{pack}/repository/{name}"), text);
        }
    }
    world.write("answers.toml", "[product]\nname = \"Odd\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n");
    world.run(["new", "repo", "--answers", "answers.toml", "--templates", "one"]).exits(0);
    for name in odd {
        world.write(&format!("repo/{name}"), "one\n2\n3\n4\n5\n");
    }
    git_in(&world.path("repo"), &["commit", "--quiet", "--all", "--message", "mine"]);
    let mut command = world.command(["update", "--templates", "../two", "--yes"]);
    Ran::of(command.current_dir(world.path("repo"))).exits(0);
    for name in odd {
        assert_eq!(fs::read_to_string(world.path(&format!("repo/{name}"))).unwrap(), "one\n2\n3\n4\nfive\n", "{name}");
    }
}

#[test]
fn another_pack_is_said_and_needs_consent() {
    let world = World::new();
    world.write("answers.toml", "[product]\nname = \"Packed\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n");
    world.write("one/repository/a.txt", "1\n").write("two/repository/a.txt", "2\n");
    world.run(["new", "repo", "--answers", "answers.toml", "--templates", "one"]).exits(0);
    let run = |arguments: &[&str]| Ran::of(world.command([]).args(arguments).current_dir(world.path("repo")));
    let answers = fs::read_to_string(world.path("repo/duostack.toml")).unwrap();
    assert!(answers.contains("pack = \""), "{answers}");
    let before = support::snapshot(&world.path("repo"));
    run(&["update", "--templates", "../two"]).exits(1).says("was rendered with").says("`--yes` goes on");
    run(&["update"]).exits(1).says("the built-in pack");
    run(&["status", "--templates", "../two"]).exits(0).says("was rendered with").prints("merged  a.txt");
    assert!(before == support::snapshot(&world.path("repo")));
    run(&["update", "--templates", "../one"]).exits(0).says("Up to date");
    run(&["update", "--templates", "../two", "--yes"]).exits(0).says("was rendered with");
    run(&["update", "--templates", "../two"]).exits(0).says("Up to date");
    assert_eq!(fs::read_to_string(world.path("repo/a.txt")).unwrap(), "2\n");
}

#[test]
fn answers_in_crlf_and_with_a_byte_order_mark_stay_so() {
    let repository = Repository::of("parley");
    let text = repository.read("duostack.toml");
    repository.write("duostack.toml", &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    repository.unchanged_by(["update"], 0).says("Up to date");
    repository.run(["update", "--set", "options.license=mit"]).exits(0);
    let after = repository.read("duostack.toml");
    assert!(after.starts_with('\u{feff}') && after.contains("license = \"mit\"\r\n"), "{after}");
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

#[test]
fn what_an_earlier_conflict_left_beside_is_not_written_over() {
    let world = World::new();
    world.write("answers.toml", "[product]\nname = \"Beside\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n");
    for (pack, byte) in [("one", 1), ("two", 2), ("three", 3)] {
        world.write(&format!("{pack}/repository/a.bin"), [0, byte]);
    }
    world.run(["new", "repo", "--answers", "answers.toml", "--templates", "one", "--no-git"]).exits(0);
    world.write("repo/a.bin", [0, 9]);
    let update = |pack: &str| {
        let mut command = world.command(["update", "--yes", "--templates", pack]);
        Ran::of(command.current_dir(world.path("repo")))
    };
    update("../two").exits(3).prints("a.bin.theirs");
    let mut status = world.command(["status", "--templates", "../two"]);
    Ran::of(status.current_dir(world.path("repo"))).exits(0).prints("still lies beside yours").prints("a.bin.theirs");
    let before = support::snapshot(&world.path("repo"));
    update("../three").exits(1).says("theirs has no place: a.bin.theirs stands there").says("move or delete it");
    assert!(before == support::snapshot(&world.path("repo")));
    fs::remove_file(world.path("repo/a.bin.theirs")).unwrap();
    update("../three").exits(3);
    assert_eq!(fs::read(world.path("repo/a.bin.theirs")).unwrap(), [0, 3]);
}

#[test]
fn markers_in_a_file_that_the_owner_renamed_block_an_update_too() {
    let world = World::new();
    world.write("answers.toml", "[product]\nname = \"Moved\"\n[[parts]]\nname = \"rooms\"\nworkload = \"chat\"\n");
    let lines = |third: &str| format!("one line\ntwo lines\n{third}\nfour lines\nfive lines\n");
    world.write("one/repository/old.txt", lines("three")).write("two/repository/old.txt", lines("theirs"));
    world.run(["new", "repo", "--answers", "answers.toml", "--templates", "one"]).exits(0);
    fs::remove_file(world.path("repo/old.txt")).unwrap();
    world.write("repo/new.txt", lines("mine"));
    git_in(&world.path("repo"), &["add", "--all"]);
    git_in(&world.path("repo"), &["commit", "--quiet", "--message", "mine"]);
    let update = || {
        let mut command = world.command(["update", "--yes", "--templates", "../two"]);
        Ran::of(command.current_dir(world.path("repo")))
    };
    update().exits(3).prints("conflict  new.txt");
    git_in(&world.path("repo"), &["commit", "--quiet", "--all", "--message", "updated"]);
    update().exits(1).says("markers of an earlier merge still stand in new.txt");
    world.write("repo/new.txt", lines("both"));
    git_in(&world.path("repo"), &["commit", "--quiet", "--all", "--message", "decided"]);
    update().exits(0).says("Up to date");
}
