"""A registry in a store of objects (S3, spoken by moto): trained to, served from, promoted, and gone for a while.

`python far.py SERVICE`, by the Python of services/ml, into which s3fs and moto[server] were installed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

SERVICE = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(SERVICE), str(SERVICE / "tests")]

from server import ROW, SCORE, WATCH, Server, ready, running, shifted, until  # noqa: E402

from app.place import place  # noqa: E402
from app.registry import Registry  # noqa: E402

URL = "s3://models/of-a-service"
GONE = 12
"""Seconds: longer than the service waits between two looks."""


class S3:
    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.begin()

    def begin(self) -> None:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, 60)
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/models", method="PUT"), timeout=20)

    def answers(self) -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=5))
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Load:
    """Asks without a pause until it is told to stop."""

    def __init__(self, server: Server) -> None:
        self.server, self.over = server, threading.Event()
        self.models: list[str] = []
        self.failed: list[str] = []
        self.longest = 0.0
        self.thread = threading.Thread(target=self.ask)
        self.thread.start()

    def ask(self) -> None:
        body = json.dumps(ROW).encode()
        while not self.over.is_set():
            asked = urllib.request.Request(self.server.url + SCORE, body, {"content-type": "application/json"})
            start = time.monotonic()
            try:
                with urllib.request.urlopen(asked, timeout=20) as answer:
                    self.models.append(json.loads(answer.read())["model"])
            except OSError as error:
                self.failed.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - start)

    def takes(self, version: str) -> None:
        until(lambda: self.models and self.models[-1] == version, 40)

    def end(self) -> None:
        self.over.set()
        self.thread.join(30)


def models(*words: str) -> None:
    subprocess.run([sys.executable, "-m", *words], cwd=SERVICE, check=True)


def main() -> None:
    os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    s3 = S3()
    os.environ |= {"AWS_ENDPOINT_URL": s3.url, "MODELS": URL}
    try:
        models("app.train")
        play(s3, Registry(place(URL)))
    finally:
        s3.kill()


def play(s3: S3, far: Registry) -> None:
    first, second = far.current(), shifted(far.folder, 1)
    kept = {version: far.load(version) for version in (first, second)}
    with running({"MODELS": URL}) as server:
        load = Load(server)
        try:
            load.takes(first)
            far.promote(second)
            load.takes(second)
            models("app.registry", "rollback")
            load.takes(first)
            s3.kill()
            serves_on(server, load, first)
            s3.begin()  # it has forgotten all
            serves_on(server, load, first)
            far.publish(*kept[second], "")
            far.promote(second)
            load.takes(second)
        finally:
            load.end()
        assert not load.failed, load.failed
        with urllib.request.urlopen(server.url + WATCH, timeout=20) as answer:
            assert json.loads(answer.read())["loadsRefused"] == 0
        print(f"{len(load.models):,} answers, none failed, the longest took {load.longest:.2f} s")
        assert server.stop() == 0


def serves_on(server: Server, load: Load, version: str) -> None:
    time.sleep(GONE)
    count = len(load.models)
    until(lambda: len(load.models) > count + 20)
    assert ready(server)
    assert set(load.models[count:]) == {version}


if __name__ == "__main__":
    main()
