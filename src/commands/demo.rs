//! `duostack demo`: emits an example, sets it up, runs it, and stops all of it.

use std::ffi::OsString;
use std::path::Path;

use super::new::{Emitted, emit_example, example_emission};
use crate::cli::DemoArgs;
use crate::console::Console;
use crate::failure::Outcome;
use crate::processes::Stop;
use crate::product::{Language, Shape};
use crate::progress::Steps;
use crate::running::{self, Running, Service};
use crate::{disk, processes, toolchain};

/// Everything from tools to a page; ends with Ctrl-C, or at once with `--once`.
///
/// # Errors
/// The step that failed, with its output and what to do.
pub fn run(console: &Console, args: &DemoArgs) -> Outcome<()> {
    let (emission, emitted) = example_emission(&args.example)?;
    let stop = Stop::listen();
    let cache = toolchain::cache()?;
    let setup = setup(emitted.shape);
    let mut steps = Steps::new(console, 3 + setup.len());

    let tools = steps.step("looking for what it takes", || Tools::find(&cache, emitted.shape, &stop))?;
    let folder = match &args.dir {
        Some(dir) => dir.clone(),
        None => cache.join("demo").join(format!("{}-{}", args.example, short(&emission.pack))),
    };
    let again =
        steps.step(&format!("emitting {}", args.example), || emit(&args.example, &folder, &emission.answers))?;
    let ready = folder.with_extension("ready");
    if again && args.dir.is_none() && disk::exists(&ready) {
        steps.skip(setup.len());
    } else {
        for command in setup {
            steps.step(command.doing, || command.run(&tools, &folder, &stop))?;
        }
        if args.dir.is_none() {
            disk::touch(&ready)?;
        }
    }
    let (said, log) = running::channel();
    let services = services(&emitted, &tools, &folder);
    for service in services.iter().filter(|service| service.port != service.default_port) {
        let Service { name, port, default_port, .. } = service;
        console.note(&format!("port {default_port} is in use, so {name} listens on {port}"));
    }
    let address = format!("http://127.0.0.1:{}", services[0].port);
    let mut running = steps.step("starting the services", || {
        let mut running = Running::start(services, &said)?;
        running.wait_until_ready(&log, &stop)?;
        Ok((running, "Started".to_owned()))
    })?;
    console.say(&format!("\n  Open {address}\n"));
    if args.once {
        return Ok(());
    }
    console.say(&format!("  It lives in {}. Ctrl-C stops everything.\n", folder.display()));
    running.watch(console, &log, &stop)
}

/// What the machine has, or was given.
struct Tools {
    path: OsString,
    python: &'static [&'static str],
}

impl Tools {
    fn find(cache: &Path, shape: Shape, stop: &Stop) -> Outcome<(Self, String)> {
        let mut found = Vec::new();
        let mut path = toolchain::path();
        if shape != Shape::Python {
            let (with_node, version) = toolchain::node(cache, stop)?;
            path = with_node;
            found.push(format!("Node {version}"));
        }
        let mut python: &[&str] = &[];
        if shape != Shape::Node {
            python = toolchain::python()?;
            found.push(format!("Python as `{}`", python.join(" ")));
        }
        Ok((Self { path, python }, format!("Found {}", found.join(" and "))))
    }
}

/// Whether it had been emitted before.
fn emit(example: &str, folder: &Path, answers: &str) -> Outcome<(bool, String)> {
    let recorded = folder.join("duostack.toml");
    if disk::exists(&recorded) && disk::read_text(&recorded)? == answers {
        return Ok((true, format!("Found {example} as it was emitted before")));
    }
    emit_example(example, folder)?;
    Ok((false, format!("Emitted {example}")))
}

/// One command of the set-up.
struct Setup {
    doing: &'static str,
    done: &'static str,
    words: &'static [&'static str],
}

const NODE_PACKAGES: Setup =
    Setup { doing: "installing Node packages", done: "Installed Node packages", words: &[toolchain::NPM, "ci"] };
const PYTHON_PACKAGES: Setup = Setup {
    doing: "installing Python packages and training the model",
    done: "Installed Python packages, trained the model",
    words: &["python", "tasks.py", "setup"],
};
const PAGE: Setup =
    Setup { doing: "building the page", done: "Built the page", words: &[toolchain::NPM, "run", "build"] };

fn setup(shape: Shape) -> &'static [Setup] {
    match shape {
        Shape::Node => &[NODE_PACKAGES, PAGE],
        Shape::Python => &[PYTHON_PACKAGES],
        Shape::Both => &[NODE_PACKAGES, PYTHON_PACKAGES, PAGE],
    }
}

impl Setup {
    fn run(&self, tools: &Tools, folder: &Path, stop: &Stop) -> Outcome<((), String)> {
        let words = match self.words {
            ["python", rest @ ..] => [tools.python, rest].concat(),
            words => words.to_vec(),
        };
        let log = folder.with_extension("log");
        let mut command = processes::command(&words, folder, &tools.path);
        processes::run_logged(&mut command, &log, stop)
            .map_err(|failure| failure.hint("mend the cause and run the same again: what was done is kept"))?;
        Ok(((), self.done.to_owned()))
    }
}

/// The services as they are started, on free ports, the one with the page first.
fn services(emitted: &Emitted, tools: &Tools, folder: &Path) -> Vec<Service> {
    let mut services: Vec<Service> = emitted
        .services
        .iter()
        .map(|service| {
            let default_port = crate::words::port(service);
            let port = toolchain::free_port(default_port);
            let node = service.language == Language::Node;
            let main = format!("services/{}/src/main.ts", service.name);
            let words = if node {
                vec!["node", "--env-file-if-exists=.env", &main]
            } else {
                [tools.python, &["tasks.py", "start", &service.name]].concat()
            };
            Service {
                name: service.name.clone(),
                port,
                default_port,
                variable: if node { "PORT".to_owned() } else { format!("{}_PORT", service.name.to_uppercase()) },
                words: words.into_iter().map(str::to_owned).collect(),
                folder: folder.to_owned(),
                path: tools.path.clone(),
                may_rest: !node && emitted.shape == Shape::Both,
                environment: Vec::new(),
            }
        })
        .collect();
    services.sort_by_key(|service| service.variable != "PORT");
    let environment: Vec<(String, String)> = services
        .iter()
        .flat_map(|Service { variable, port, .. }| {
            // Each finds the others wherever they listen today.
            let name = variable.strip_suffix("_PORT").unwrap_or("NODE");
            [(variable.clone(), port.to_string()), (format!("{name}_URL"), format!("http://127.0.0.1:{port}"))]
        })
        .collect();
    for service in &mut services {
        service.environment = environment.clone();
    }
    services
}

/// Enough of a pack's hash to tell one version's demo from another's.
fn short(hash: &str) -> &str {
    &hash[hash.len().saturating_sub(12)..]
}
