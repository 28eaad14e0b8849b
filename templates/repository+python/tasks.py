"""The Python services' tasks, with nothing but Python itself.

`python tasks.py` lists them; `python tasks.py TASK SERVICE` is for one service alone. What begins
with a dash is for what the task runs, as in `python tasks.py train --data readings.csv`.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import venv
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ALL = sorted(found.parent for found in ROOT.glob("services/*/pyproject.toml"))
TASK, WORDS = "".join(sys.argv[1:2]), sys.argv[2:]
FREE = {"compare", "models", "pipeline"}
"""Tasks whose words name no service."""
NAMES = [] if TASK in FREE else list(takewhile(lambda word: not word.startswith("-"), WORDS))
SERVICES = [service for service in ALL if service.name in (NAMES or [service.name])]
REDOCLY = "@redocly/cli@2.77.0"  # as in package.json where there is one
RUNS_TYPESCRIPT = "process.exit(process.features.typescript ? 0 : 1)"
LOCK = "--universal --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11"
LOCKED = "requirements.txt"


def setup() -> None:
    """install what the services need, and train what is not trained yet"""
    for service in SERVICES:
        say(service, "installing")
        install(service)
        if (service / "app/train.py").exists() and not (service / "models/current").exists():
            say(service, "training")
            run(service, "-m", "app.train")
        embedding = service / "models/embedding/manifest.json"
        if (service / "app/embedding_model.py").exists() and not embedding.exists():
            run(service, "-m", "app.embedding_model")
        if (service / "app/sample.py").exists() and not (service / "data").exists():
            say(service, "making sample events")
            run(service, "-m", "app.sample")


def install(service: Path) -> None:
    locked = ["--require-hashes", "-r", "requirements-dev.txt"]
    uv = shutil.which("uv")
    if uv:
        call(
            service, uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, ".venv"
        )
        call(service, uv, "pip", "install", "--quiet", "--python", ".venv", *locked)
    else:
        try:
            venv.create(service / ".venv", with_pip=True)
        except subprocess.CalledProcessError:
            fail("this Python cannot make a venv", "install your system's python3-venv, or uv")
        run(service, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *locked)


def dev() -> None:
    """run the services, each anew whenever one of its files changes"""
    serve("--reload")


def start() -> None:
    """run the services"""
    serve()


def check() -> None:
    """format, lint, types, contract and tests of the services"""
    ruff = ["-m", "ruff", "--quiet"]
    for service in SERVICES:
        for name, *task in [
            ("format", *ruff, "format", "--check", "."),
            ("lint", *ruff, "check", "."),
            ("types", "-m", "mypy", "--no-error-summary"),
            ("contract", "generate.py", "--check"),
            ("tests", "-m", "pytest", "--quiet"),
        ]:
            say(service, name)
            run(service, *task)


def format() -> None:
    """put every file into its form"""
    for service in SERVICES:
        run(service, "-m", "ruff", "check", "--quiet", "--fix", ".")
        run(service, "-m", "ruff", "format", "--quiet", ".")


def generate() -> None:
    """make app/contract.py anew from contract/"""
    for service in SERVICES:
        run(service, "generate.py")


def train() -> None:
    """train the models anew"""
    learn("train")


def retrain() -> None:
    """train the models with the feedback as well"""
    learn("retrain")


def models() -> None:
    """what was trained, and what is in service: list, promote, rollback, shadow, verify"""
    learn("registry")


def learn(module: str) -> None:
    """A file is named as seen from here; the command runs in the folder of its service."""
    words = [str(Path(word).resolve()) if Path(word).is_file() else word for word in WORDS]
    for service in SERVICES:
        if (service / "app/train.py").exists():
            command = [python(service), "-m", f"app.{module}", *words[len(NAMES) :]]
            code = subprocess.run(command, cwd=service, env=environment(service)).returncode
            if code:
                sys.exit(code)


def pipeline() -> None:
    """run the data pipeline; or what else `pipeline --help` tells"""
    for service in SERVICES:
        if (service / "app/pipeline.py").exists():
            words = [python(service), "-m", "app.pipeline", *(WORDS or ["run"])]
            sys.exit(subprocess.run(words, cwd=service, env=environment(service)).returncode)
    fail("there is no service with a pipeline", "duostack add data-pipeline")


def fuzz() -> None:
    """ask the running services what the contract allows and what it forbids"""
    command = [sys.executable, "contract/fuzz.py", *WORDS]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)


def lock() -> None:
    """pin what pyproject.toml asks for, with all that it needs; takes uv"""
    import tomllib  # older Pythons, which have to be told, know it not

    uv = shutil.which("uv") or fail("uv is missing", "pip install uv")
    for service in SERVICES:
        command = [uv, "pip", "compile", *LOCK.split(), "pyproject.toml"]
        call(service, *command, "-o", LOCKED)
        manifest = tomllib.loads((service / "pyproject.toml").read_text("utf-8"))
        for group in manifest["dependency-groups"]:
            call(service, *command, "--group", group, "-o", f"requirements-{group}.txt")
    call(ROOT / "contract", uv, "pip", "compile", *LOCK.split(), "requirements.in", "-o", LOCKED)


def compare() -> None:
    """say what changed in contract/ since the last release, and whom it breaks; takes Node"""
    remedy = ("Node 22.18 or later is missing, for this task alone", "install it from nodejs.org")
    node, npx = (shutil.which(name) or fail(*remedy) for name in ("node", "npx"))
    if subprocess.run([node, "-e", RUNS_TYPESCRIPT]).returncode:
        fail(*remedy)
    command = [npx, "--yes", "-p", REDOCLY, "node", "contract/compare.ts", *WORDS]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)


TASKS = {
    task.__name__: task
    for task in (
        setup,
        dev,
        check,
        format,
        generate,
        train,
        retrain,
        models,
        pipeline,
        start,
        compare,
        fuzz,
        lock,
    )
}


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (older ones have to be told)
        fail(f"this is Python {sys.version.split()[0]}", "use Python 3.11 or later")
    task = TASKS.get(TASK)
    if NAMES and not SERVICES:
        fail(f"there is no service {NAMES[0]}", "say one of " + ", ".join(s.name for s in ALL))
    if task:
        task()
    else:
        lines = [f"  {name:9} {task.__doc__}" for name, task in TASKS.items()]
        sys.exit("\n".join(["usage: python tasks.py TASK [SERVICE]", *lines]))


def say(service: Path, what: str) -> None:
    print(f"{service.name}: {what}", flush=True)


def fail(what: str, remedy: str) -> str:
    sys.exit(f"error: {what}\nhint: {remedy}")


def python(service: Path) -> str:
    found = [service / ".venv/bin/python", service / ".venv/Scripts/python.exe"]
    for path in filter(Path.exists, found):
        return str(path)
    return fail(f"services/{service.name} is not set up", "python tasks.py setup")


def run(service: Path, *arguments: str) -> None:
    call(service, python(service), *arguments)


def call(service: Path, *command: str) -> None:
    """Stops here when the command fails: it has said why."""
    if subprocess.run(command, cwd=service).returncode:
        sys.exit(f"error: {service.name}: `{' '.join(command[1:])}` failed")


def environment(service: Path) -> dict[str, str]:
    """What .env says, unless the environment says otherwise; PORT is the service's own."""
    file = ROOT / ".env"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    env = {name.strip(): value.strip() for name, value in pairs} | os.environ
    return env | {"PORT": env.get(f"{service.name.upper()}_PORT", "")}


def serve(*arguments: str) -> None:
    """Until one of them ends, or somebody ends this: then all end."""
    processes = [begin(service, *arguments) for service in SERVICES]
    asked = threading.Event()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: (asked.set(), over.set()))
    for process in processes:
        threading.Thread(target=lambda p=process: (p.wait(), over.set()), daemon=True).start()
    while not over.wait(0.2):  # a wait without end would hear no signal on Windows
        pass
    for process in processes:
        process.terminate()
    codes = [process.wait() for process in processes]
    sys.exit(0 if asked.is_set() else max(codes) or 1)


def begin(service: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = [python(service), "-m", "app.main", *arguments]
    return subprocess.Popen(command, cwd=service, env=environment(service))


if __name__ == "__main__":
    main()
