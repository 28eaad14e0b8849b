"""The Python services' tasks, with nothing but Python itself.

`python tasks.py` lists them; `python tasks.py TASK SERVICE` is for one service alone. A service may
have tasks of its own, in its pyproject.toml, which take every word that follows.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
ALL = sorted(found.parent for found in ROOT.glob("services/*/pyproject.toml"))
TASK, WORDS = "".join(sys.argv[1:2]), sys.argv[2:]
REDOCLY = "@redocly/cli@2.77.0"  # as in package.json where there is one
RUNS_TYPESCRIPT = "process.exit(process.features.typescript ? 0 : 1)"
LOCK = "--universal --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11"
LOCKED = "requirements.txt"


def setup() -> None:
    """install what the services need, and make what is not there yet"""
    for service in chosen():
        say(service, "installing")
        install(service)
        for name, task in own(service).items():
            if "makes" in task and not (service / task["makes"]).exists():
                say(service, name)
                run(service, "-m", task["run"])


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
    for service in chosen():
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
    for service in chosen():
        run(service, "-m", "ruff", "check", "--quiet", "--fix", ".")
        run(service, "-m", "ruff", "format", "--quiet", ".")


def generate() -> None:
    """make app/contract.py anew from contract/"""
    for service in chosen():
        run(service, "generate.py")


def fuzz() -> None:
    """ask the running services what the contract allows and what it forbids"""
    command = [sys.executable, "contract/fuzz.py", *WORDS]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)


def lock() -> None:
    """pin what pyproject.toml asks for, with all that it needs; takes uv"""
    uv = shutil.which("uv") or fail("uv is missing", "pip install uv")
    for service in chosen():
        command = [uv, "pip", "compile", *LOCK.split(), "pyproject.toml"]
        call(service, *command, "-o", LOCKED)
        for group in manifest(service)["dependency-groups"]:
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
        start,
        compare,
        fuzz,
        lock,
    )
}


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (older ones have to be told)
        fail(f"this is Python {sys.version.split()[0]}", "use Python 3.11 or later")
    if TASK in TASKS:
        TASKS[TASK]()
        return
    told = {name: task.__doc__ for name, task in TASKS.items()}
    for service in ALL:
        tasks = own(service)
        if TASK in tasks:
            perform(service, tasks[TASK])
        told |= {name: f"{task['does']} ({service.name})" for name, task in tasks.items()}
    lines = [f"  {name:9} {does}" for name, does in told.items()]
    sys.exit("\n".join(["usage: python tasks.py TASK [SERVICE]", *lines]))


def chosen() -> list[Path]:
    """The services that the words name; all, when they name none."""
    known = [service.name for service in ALL]
    for name in WORDS:
        if name not in known:
            fail(f"there is no service {name}", f"say one of {', '.join(known)}")
    return [service for service in ALL if service.name in (WORDS or known)]


def perform(service: Path, task: dict[str, Any]) -> None:
    """A file is named as seen from here; the command runs in the folder of its service."""
    words = [str(Path(word).resolve()) if Path(word).is_file() else word for word in WORDS]
    command = [python(service), "-m", task["run"], *(words or task.get("words", []))]
    sys.exit(subprocess.run(command, cwd=service, env=environment(service)).returncode)


def own(service: Path) -> dict[str, dict[str, Any]]:
    """Tasks of a service: the module to run, what that does, and the path that setup has it make."""
    found: dict[str, dict[str, Any]] = manifest(service)["tool"].get("tasks", {})
    return found


def manifest(service: Path) -> dict[str, Any]:
    import tomllib  # older Pythons, which have to be told, know it not

    return tomllib.loads((service / "pyproject.toml").read_text("utf-8"))


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
    processes = [begin(service, *arguments) for service in chosen()]
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
