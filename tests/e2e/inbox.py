"""The data service killed again and again under load, and its pipeline with it: what was accepted counts once.

`python inbox.py SERVICE`, by the Python of services/data.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

SERVICE = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(SERVICE), str(SERVICE / "tests")]

from tables import table  # noqa: E402

from app.operations import operations  # noqa: E402

KILLS = 6
SENDERS = 4
BATCH = 50


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    chance = random.Random(7)
    over = threading.Event()
    accepted: set[str] = set()
    maybe: set[str] = set()
    service = start(folder, port)
    senders = [threading.Thread(target=send, args=(url, over, accepted, maybe, seed)) for seed in range(SENDERS)]
    try:
        wait(url)
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(1, 3))
            os.killpg(service.pid, signal.SIGKILL)  # the pipeline that it runs dies, too
            service.wait()
            service = start(folder, port)
            wait(url)
        time.sleep(1)
        over.set()
        for sender in senders:
            sender.join()
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    finally:
        over.set()
        if service.poll() is None:
            os.killpg(service.pid, signal.SIGKILL)
            service.wait()
    subprocess.run([sys.executable, "-m", "app.pipeline", "run"], cwd=SERVICE, env=env(folder), check=True)
    counted = [str(id) for (id,) in table(folder, "events", "id")]
    assert len(counted) == len(set(counted)), "something counts twice"
    assert accepted <= set(counted), f"{len(accepted - set(counted))} that were accepted are lost"
    assert set(counted) <= accepted | maybe, "something was never sent"
    assert sum(row[0] for row in table(folder, "daily", "events")) == len(counted)
    assert len(accepted) > 1000, "too little was sent"
    print(f"{KILLS} kills: {len(accepted):,} accepted, {len(counted):,} counted, none lost, none twice")
    shutil.rmtree(folder)


def env(folder: Path, **more: str) -> dict[str, str]:
    return os.environ | {"DATA_FOLDER": str(folder), "PIPELINE_EVERY": "0.5", "LOG_LEVEL": "error"} | more


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.main"]
    return subprocess.Popen(command, cwd=SERVICE, env=env(folder, PORT=str(port)), start_new_session=True)


def wait(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < end, "it does not become ready"
            time.sleep(0.1)


def send(url: str, over: threading.Event, accepted: set[str], maybe: set[str], seed: int) -> None:
    """Every batch until it is answered, as a careful caller does."""
    chance = random.Random(seed)
    while not over.is_set():
        events = [
            {"id": str(uuid4()), "at": f"2026-01-{chance.randint(1, 9):02}T10:00:00Z", "source": f"s{seed}", "value": 0.25}
            for _ in range(BATCH)
        ]
        maybe.update(event["id"] for event in events)
        body = json.dumps({"events": events}).encode()
        request = urllib.request.Request(url + operations()["ingestEvents"].path, body, {"content-type": "application/json"})
        while not over.is_set():
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    receipt = json.loads(answer.read())
                    assert receipt["accepted"] + receipt["duplicates"] == BATCH
                    accepted.update(event["id"] for event in events)
                    break
            except OSError:
                time.sleep(0.05)


if __name__ == "__main__":
    main()
