"""Asks the running services what the contract allows and what it forbids, and holds the answers against it.

`python contract/fuzz.py [SERVICE]` starts the services on free ports, keeps nothing of what they are told, and lets
schemathesis ask, the same on every run. It leaves out what has no end (`x-endless`). What it needs is locked in
requirements.txt here, for no service needs it.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

CONTRACT = Path(__file__).resolve().parent
DOCUMENTS = sorted((CONTRACT / "openapi").glob("*.yaml"))
SERVICES = {path.name: path for path in sorted(CONTRACT.parent.glob("services/*")) if path.is_dir()}
TOKEN = secrets.token_hex(16)
SECONDS_TO_START = 60
SCHEMATHESIS = """
continue-on-failure = true
request-timeout = 10
warnings = false

[generation]
deterministic = true
max-examples = 30

[phases.coverage]
# What callers use: servers differ in what they say to TRACE or QUERY.
unexpected-methods = ["DELETE", "GET", "PATCH", "POST", "PUT"]

[[operations]]
# Of its days and cursors no schema can say which are real.
include-operation-id = "readTable"
checks.positive_data_acceptance.enabled = false

[cache]
enabled = false
"""
# What is right of a body that no schema can describe: rows of five float32, all of them zero.
TABLES = """
import schemathesis
from hypothesis import strategies

rows = strategies.integers(1, 9).map(lambda count: bytes(20 * count))
schemathesis.openapi.media_type("application/octet-stream", rows)
"""


def main() -> None:
    wanted = sys.argv[1:] or list(SERVICES)
    for name in wanted:
        if name not in SERVICES:
            fail(f"there is no service {name}", f"say one of {', '.join(SERVICES)}")
    python = install()
    ports = {name: free_port() for name in SERVICES}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    running: dict[str, subprocess.Popen[bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(SCHEMATHESIS, "utf-8")
        Path(folder, "tables.py").write_text(TABLES, "utf-8")
        try:
            for name, port in ports.items():
                running[name] = begin(name, environment(folder, urls) | {"PORT": str(port)})
            for name, process in running.items():
                wait(name, urls[name], process)
            asked = [(one, name) for one in DOCUMENTS for name in wanted if serves(name, urls, one)]
            wrong = [one.name for one, name in asked if not ask(python, one, urls[name], folder)]
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()
    if wrong:
        sys.exit(f"error: the services do not keep to {', '.join(wrong)}")


def install() -> str:
    """A Python that has schemathesis: of a venv beside this file."""
    lock = ["--quiet", "--require-hashes", "-r", str(CONTRACT / "requirements.txt")]
    home = CONTRACT / ".venv"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if uv := shutil.which("uv"):
        call(uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(home))
        call(uv, "pip", "install", "--python", str(home), *lock)
    else:
        try:
            venv.create(home, with_pip=True)
        except subprocess.CalledProcessError:
            fail("this Python cannot make a venv", "install your system's python3-venv, or uv")
        call(str(python), "-m", "pip", "install", "--disable-pip-version-check", *lock)
    return str(python)


def call(*command: str) -> None:
    if subprocess.run(command).returncode:
        sys.exit(f"error: `{' '.join(command)}` failed")


def fail(what: str, remedy: str) -> None:
    sys.exit(f"error: {what}\nhint: {remedy}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def environment(folder: str, urls: dict[str, str]) -> dict[str, str]:
    """As in production, for there Node does not check its answers itself; but in the given folder."""
    return {
        **os.environ,
        **{f"{name.upper() if is_python(name) else 'NODE'}_URL": url for name, url in urls.items()},
        "DATA_FOLDER": f"{folder}/data",
        "DATABASE": f"{folder}/data.sqlite",
        "DATABASE_URL": "",
        "FEEDBACK": f"{folder}/feedback",
        "HOST": "127.0.0.1",
        "JOBS_WAITING": "1000000",
        "JOB_SECONDS": "1",
        "LOG_LEVEL": "error",
        "NODE_ENV": "production",
        "SERVICE_TOKEN": TOKEN,
    }


def is_python(name: str) -> bool:
    return (SERVICES[name] / "pyproject.toml").exists()


def begin(name: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    service = SERVICES[name]
    command = [shutil.which("node") or "node", "src/main.ts"]
    if is_python(name):
        found = [service / ".venv/bin/python", service / ".venv/Scripts/python.exe"]
        if not any(map(Path.exists, found)):
            fail(f"services/{name} is not set up", "python tasks.py setup")
        command = [*(str(path) for path in found if path.exists()), "-m", "app.main"]
    return subprocess.Popen(command, cwd=service, env=env)


def wait(name: str, url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while status(f"{url}/readyz") != 200:
        if process.poll() is not None or time.monotonic() > end:
            fail(f"services/{name} does not become ready", "see above what it said; is it set up?")
        time.sleep(0.1)


def status(url: str) -> int:
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0


def serves(name: str, urls: dict[str, str], document: Path) -> bool:
    """Whether it knows the document's first path, and anything of it has an end."""
    text = document.read_text("utf-8")
    if text.count("operationId:") == text.count("x-endless: true"):
        return False
    path = next(line.strip().rstrip(":") for line in text.splitlines() if line.startswith("  /"))
    return status(urls[name] + path) != 404


def ask(python: str, document: Path, url: str, folder: str) -> bool:
    """The folder holds the settings, and takes what schemathesis leaves behind."""
    command = [python, "-m", "schemathesis.cli", "run", str(document), "--url", url]
    command += ["-H", f"Authorization: Bearer {TOKEN}", "--exclude-by", "/x-endless == true"]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tables", "PYTHONPATH": folder}
    return subprocess.run(command, cwd=folder, env=env).returncode == 0


if __name__ == "__main__":
    main()
