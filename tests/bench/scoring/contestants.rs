//! Who is measured: the emitted service and its rivals, each with the same model.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cores::free_port;
use crate::load::{Load, Measured, Question};
use crate::process::Process;
use crate::raw::Row;
use crate::tools::{cache, uv};

pub const SERVICE: &str = "service";
pub const NAIVE: &str = "FastAPI + scikit-learn";
pub const CAREFUL: &str = "FastAPI + pydantic + ONNX";
pub const NOTHING: &str = "FastAPI that scores nothing";
pub const BENTO: &str = "BentoML";
pub const ML_SERVER: &str = "MLServer";
pub const LIT: &str = "LitServe";

/// Where services are found by the contract.
const SCORE: &str = "/demand-forecast/score";
/// The packages of a rival, and what the model needs.
const RUNTIME: &[&str] = &["numpy==2.4.6", "onnxruntime==1.32.0"];

pub struct Contestant {
    pub name: &'static str,
    pub process: Process,
    port: u16,
    path: &'static str,
}

impl Contestant {
    fn start(name: &'static str, path: &'static str, command: impl FnOnce(u16) -> Command) -> Self {
        let port = free_port();
        let process = Process::start(port, &mut command(port));
        Self { name, process, port, path }
    }

    /// The emitted service as it comes, with every promise on; its log goes where a log goes.
    pub fn service(service: &Path) -> Self {
        Self::start(SERVICE, SCORE, |port| {
            let mut command = python(service, &["-m", "app.main"]);
            command.env("PORT", port.to_string());
            command
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// One row a request.
    pub fn ask(&self, rows: &[Row]) -> Question {
        if self.name == ML_SERVER { Question::inference(self.path, rows) } else { Question::single(self.path, rows) }
    }

    pub fn measure(&self, load: &mut Load, window: Duration) -> Measured {
        let before = self.process.cpu();
        let mut measured = load.run(window);
        measured.cpu = self.process.cpu().saturating_sub(before);
        measured
    }
}

/// The service is the first.
pub fn all(service: &Path) -> Vec<Contestant> {
    let port_of = |port: u16| port.to_string();
    let beside = |file: &str, port: u16| python(service, &[&script(file).to_string_lossy(), &port_of(port)]);
    vec![
        Contestant::service(service),
        Contestant::start(NAIVE, "/score", |port| beside("naive.py", port)),
        Contestant::start(NOTHING, "/nothing", |port| beside("naive.py", port)),
        Contestant::start(CAREFUL, "/score", |port| beside("fastapi_onnx.py", port)),
        Contestant::start(BENTO, "/score", |port| {
            let mut command = rival("bentoml", "bentoml==1.4.40", service);
            command.args(["serve", "bento:Scoring", "--host", "127.0.0.1", "--port", &port_of(port)]);
            command.env("BENTOML_DO_NOT_TRACK", "true");
            command
        }),
        Contestant::start(ML_SERVER, "/v2/models/scoring/infer", |port| {
            let mut command = rival("mlserver", "mlserver==1.7.1", service);
            command.args(["start", "."]).env("MLSERVER_HTTP_PORT", port_of(port)).env("MLSERVER_HOST", "127.0.0.1");
            command.env("MLSERVER_GRPC_PORT", free_port().to_string()).env("MLSERVER_PARALLEL_WORKERS", "0");
            command.env("MLSERVER_METRICS_PORT", free_port().to_string());
            command.env("MLSERVER_MODEL_NAME", "scoring").env("MLSERVER_MODEL_IMPLEMENTATION", "ml_server.Scoring");
            command
        }),
        Contestant::start(LIT, "/score", |port| {
            let mut command = rival("python", "litserve==0.2.19", service);
            command.arg("lit.py").arg(port_of(port));
            command
        }),
    ]
}

/// Beside this file.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/scoring").join(name)
}

fn python(service: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(service.join(".venv/bin/python"));
    command.args(arguments).current_dir(service).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A program of a rival, which is installed once.
fn rival(program: &str, package: &str, service: &Path) -> Command {
    let folder = cache().join(package);
    let bin = folder.join("bin");
    if !folder.join("whole").exists() {
        let uv = uv().to_string_lossy().into_owned();
        run(Path::new("."), &uv, &["venv", "--quiet", "--clear", "--python", "python3", &folder.to_string_lossy()]);
        let python = bin.join("python").to_string_lossy().into_owned();
        run(Path::new("."), &uv, &[&["pip", "install", "--quiet", "--python", &python, package][..], RUNTIME].concat());
        std::fs::write(folder.join("whole"), "").expect("a file");
    }
    let mut command = Command::new(bin.join(program));
    command.current_dir(script("")).env("MODEL_FOLDER", service).env("PYTHONPATH", script(""));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Emits the product whose service is measured, installs what that needs, and trains its model. Returns the service.
pub fn emit(folder: &Path) -> PathBuf {
    run(folder, env!("CARGO_BIN_EXE_duostack"), &["new", "out", "--example", "foresight", "--yes", "--no-git", "-q"]);
    let repository = folder.join("out");
    run(&repository, "python3", &["-c", "import tasks; tasks.install(tasks.ROOT / 'services/ml')"]);
    let service = repository.join("services/ml");
    let status = python(&service, &[&script("model.py").to_string_lossy()]).env("PYTHONPATH", ".").status();
    assert!(status.is_ok_and(|status| status.success()), "the model was not trained");
    service
}

fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).current_dir(folder).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?} failed");
}
