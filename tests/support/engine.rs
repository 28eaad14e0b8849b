//! A container engine of its own for the real compose client: podman with a store that ends with the test. It needs root.
//!
//! No registry is asked: the bases that the Dockerfiles name are made here, once, of Debian's packages and our Node.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::emitted::{self, Repository};
use crate::tools;

/// What the base images are like for those who build on them: Debian's newest, as in the real ones.
const SUITE: &str = "trixie";
/// pip alone, as in the real image: Debian's own packages would be in the way of what is installed.
const PYTHON: &str = "FROM localhost/debian
RUN apt-get update -qq && apt-get install -qq -y --no-install-recommends python3 python3-venv \\
 && rm -r /var/lib/apt/lists/* && python3 -m venv /usr/local
";
const NODE: &str = "FROM localhost/debian
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd --uid 1000 --create-home node
";
/// Where Debian has the certificates that it trusts; the machine's own are put there.
const TRUSTED: &str = "/etc/ssl/certs/ca-certificates.crt";

pub struct Engine {
    /// Its store and all that it writes.
    folder: tempfile::TempDir,
    /// Its socket: a path below the build folder may be too long for one.
    socket: tempfile::TempDir,
    service: Option<Child>,
}

impl Engine {
    /// None, with the reason said, where the machine lets nobody run a container.
    pub fn start() -> Option<Self> {
        for packages in ["podman netavark aardvark-dns iptables", "runc", "catatonit", "debootstrap"] {
            tools::system(packages);
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        // The limits: a machine may forbid to raise its own. runc: crun refuses cgroups of both versions at once.
        let networks = folder.path().join("networks");
        let settings = format!(
            "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\ninit_path = \"{}\"\n\
             [engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\n[network]\nnetwork_config_dir = \"{}\"\n",
            tools::system("catatonit").display(),
            networks.display(),
        );
        fs::create_dir(networks).unwrap();
        fs::write(folder.path().join("containers.conf"), settings).unwrap();
        let mut engine = Self { folder, socket: tempfile::tempdir().unwrap(), service: None };
        engine.loads_bases();
        let tried = engine.podman(&["run", "--rm", "localhost/python", "true"]).output().unwrap();
        if !tried.status.success() {
            println!("NOT TRIED: no container runs here: {}", String::from_utf8_lossy(&tried.stderr));
            return None;
        }
        let mut service = engine.podman(&["system", "service", "--time", "0", &engine.address()]);
        let log = fs::File::create(engine.path("service.log")).unwrap();
        engine.service =
            Some(service.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let socket = engine.socket.path().join("podman.sock");
        eventually("the engine's socket", || socket.exists().then_some(()).ok_or_else(String::new));
        Some(engine)
    }

    /// `docker compose up --build` in a repository, each service at a free port; then each of them serves.
    pub fn up(
        &self,
        repository: &Repository,
        project: &'static str,
        services: &[(&'static str, &'static str)],
    ) -> Serving<'_> {
        self.names_bases(repository);
        let services = services.iter().map(|(name, setting)| Service { name, setting, port: free_port() }).collect();
        let serving = Serving { engine: self, folder: repository.path(""), project, services };
        serving.compose("up --build --detach", 6);
        serving.services.iter().for_each(|service| serving.serves(service));
        serving
    }

    /// Gives the bases the names that the Dockerfiles of a repository have for them.
    fn names_bases(&self, repository: &Repository) {
        for entry in fs::read_dir(repository.path("services")).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path().join("Dockerfile")).unwrap();
            for name in text.lines().filter_map(|line| line.strip_prefix("FROM ")?.split(' ').next()) {
                if let Some((base @ ("node" | "python"), _)) = name.split_once(':') {
                    self.runs(&["tag", &format!("localhost/{base}"), &format!("docker.io/library/{name}")]);
                }
            }
        }
    }

    /// From the cache, where they are laid when they are not there.
    fn loads_bases(&self) {
        let archive = tools::cache().join(format!("bases-{}-{SUITE}.tar", tools::NODE));
        if archive.is_file() {
            self.runs(&["load", "--quiet", "--input", archive.to_str().unwrap()]);
            return;
        }
        self.makes_debian();
        self.makes("python", PYTHON, &[]);
        let npm = tools::npm().ancestors().nth(2).unwrap().join("npm");
        self.makes("node", NODE, &[("node", &tools::node()), ("npm", &npm)]);
        let whole = self.path("bases.tar");
        let whole = whole.to_str().unwrap();
        self.runs(&[
            "save",
            "--quiet",
            "--multi-image-archive",
            "--output",
            whole,
            "localhost/python",
            "localhost/node",
        ]);
        fs::rename(whole, archive).unwrap();
    }

    fn makes_debian(&self) {
        let (root, packed) = (self.path("debian"), self.path("debian.tar"));
        let (root, packed) = (root.to_str().unwrap(), packed.to_str().unwrap());
        runs(Command::new("debootstrap").args(["--variant=minbase", "--include=ca-certificates", SUITE, root]));
        if Path::new(TRUSTED).is_file() {
            fs::copy(TRUSTED, format!("{root}{TRUSTED}")).unwrap();
        }
        let without = ["--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*"];
        runs(Command::new("tar").args(without).args(["-C", root, "-cf", packed, "."]));
        let words = ["SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"].map(|name| format!("ENV {name}={TRUSTED}"));
        let mut words: Vec<_> = words.iter().flat_map(|word| ["--change", word]).collect();
        words.extend(["--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
        self.runs(&[&["import", "--quiet"], &words[..], &[packed, "localhost/debian"]].concat());
        fs::remove_dir_all(root).unwrap();
        fs::remove_file(packed).unwrap();
    }

    fn makes(&self, base: &str, containerfile: &str, files: &[(&str, &Path)]) {
        let folder = self.path(base);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("Containerfile"), containerfile).unwrap();
        for (name, from) in files {
            runs(Command::new("cp").arg("-rL").arg(from).arg(folder.join(name)));
        }
        self.runs(&[
            "build",
            "--quiet",
            "--pull-never",
            "--tag",
            &format!("localhost/{base}"),
            folder.to_str().unwrap(),
        ]);
    }

    fn podman(&self, words: &[&str]) -> Command {
        let mut command = Command::new("podman");
        command.arg("--root").arg(self.path("store")).arg("--runroot").arg(self.path("run"));
        command.args(["--storage-driver", "overlay"]).args(words);
        command.env("CONTAINERS_CONF", self.path("containers.conf"));
        // What `RUN --mount=type=cache` keeps lies there, between the runs too: what is downloaded, nothing that is built.
        let kept = tools::cache().join("builds");
        fs::create_dir_all(&kept).unwrap();
        command.env("TMPDIR", kept);
        command
    }

    #[track_caller]
    fn runs(&self, words: &[&str]) -> String {
        runs(&mut self.podman(words))
    }

    fn address(&self) -> String {
        format!("unix://{}/podman.sock", self.socket.path().display())
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.podman(&["rm", "--all", "--force", "--time", "0"]).output();
        if let Some(mut service) = self.service.take() {
            let _ = Command::new("kill").arg(service.id().to_string()).status();
            let _ = service.wait();
        }
        let _ = Command::new("umount").arg("--lazy").arg(self.path("store/overlay")).output();
    }
}

/// A repository's services, as its compose files start them.
pub struct Serving<'a> {
    engine: &'a Engine,
    folder: PathBuf,
    project: &'static str,
    services: Vec<Service>,
}

struct Service {
    name: &'static str,
    /// What its published port is called in `.env`.
    setting: &'static str,
    port: u16,
}

impl Serving<'_> {
    /// It answers, is healthy by its image's own word, and may do nothing that it need not.
    #[track_caller]
    fn serves(&self, service: &Service) {
        eventually(service.name, || match self.asks(service, "GET /readyz", "")? {
            200 => Ok(()),
            status => Err(format!("answers {status}")),
        });
        let container = self.container(service);
        self.engine.runs(&["healthcheck", "run", &container]);
        let bound = "test $(id -u) -ge 1000 && test $(id -g) -ge 1000 && ! touch /app/x && ! touch /x \
                     && grep -q '^CapBnd:\t0*$' /proc/self/status && grep -q '^NoNewPrivs:\t1$' /proc/self/status";
        self.engine.runs(&["exec", &container, "sh", "-c", bound]);
    }

    /// It takes a document, and answers that it did.
    #[track_caller]
    pub fn is_told(&self, service: &str, path: &str, document: &str) {
        let service = self.services.iter().find(|one| one.name == service).expect(service);
        assert_eq!(self.asks(service, &format!("POST {path}"), document), Ok(204), "{}", self.logs());
    }

    /// Told to stop, each ends by itself, in time; and all that they said was for machines to read.
    #[track_caller]
    pub fn ends_well(self) {
        self.compose("stop", 1);
        for service in &self.services {
            let ended = self.engine.runs(&["inspect", "--format", "{{.State.ExitCode}}", &self.container(service)]);
            assert_eq!(ended.trim(), "0", "{} ends by itself:\n{}", service.name, self.logs());
        }
        for line in self.logs().lines() {
            let document = serde_json::from_str::<serde_json::Map<_, _>>(line);
            assert!(document.is_ok(), "a line of the log is no JSON: {line}");
        }
    }

    /// The status of an answer.
    fn asks(&self, service: &Service, what: &str, document: &str) -> Result<u16, String> {
        let port = service.port;
        let settings = fs::read_to_string(self.folder.join(".env")).unwrap();
        let token = settings.lines().find_map(|line| line.strip_prefix("SERVICE_TOKEN=")).unwrap_or_default();
        let request = format!(
            "{what} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{document}",
            document.len(),
        );
        let mut answer = String::new();
        let asked = TcpStream::connect(format!("127.0.0.1:{port}")).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| format!("no answer: {asked:?} {answer}"))
    }

    fn logs(&self) -> String {
        self.compose("logs --no-color --no-log-prefix", 1)
    }

    #[track_caller]
    fn compose(&self, words: &str, minutes: u64) -> String {
        let mut command = Command::new(tools::compose());
        command.args(words.split(' ')).current_dir(&self.folder);
        command.envs(self.services.iter().map(|service| (service.setting, service.port.to_string())));
        command.env("DOCKER_HOST", self.engine.address()).env("DOCKER_CONFIG", self.engine.path("docker"));
        // The engine builds by itself; BuildKit is a program of Docker's own.
        command.env("DOCKER_BUILDKIT", "0").env("COMPOSE_PROJECT_NAME", self.project);
        emitted::run(&mut command, words, Duration::from_secs(minutes * 60)).unwrap_or_else(|said| panic!("{said}"))
    }

    fn container(&self, service: &Service) -> String {
        format!("{}-{}-1", self.project, service.name)
    }
}

#[track_caller]
fn runs(command: &mut Command) -> String {
    let line = format!("{command:?}");
    emitted::run(command, &line, Duration::from_secs(300)).unwrap_or_else(|said| panic!("{said}"))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[track_caller]
fn eventually(what: &str, check: impl Fn() -> Result<(), String>) {
    let started = Instant::now();
    while let Err(why) = check() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within a minute: {what}: {why}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
