"""The pipeline on a real scheduler with two workers, one of them killed midway: the same tables as on one machine.

`python scale-out.py SERVICE`, by the Python of services/data with what requirements-scale.txt locks.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

SERVICE = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(SERVICE), str(SERVICE / "tests")]

from distributed import Client  # noqa: E402

from tables import tables  # noqa: E402

DAYS = 40
PER_DAY = 5_000
QUIET = {"DASK_LOGGING__DISTRIBUTED": "error"}
PYTHON = [sys.executable, "-m"]


def drop(folder: Path) -> None:
    """Four files of all days, with doubles among them, and a bad row in each."""
    (folder / "incoming").mkdir(parents=True)
    for part in range(4):
        path = folder / f"incoming/{part}.csv"
        with path.open("w") as file:
            file.write("id,at,source,value\nbroken,,,\n")
            for number in range(part, DAYS * PER_DAY, 3):
                day, second = divmod(number, PER_DAY)
                at = f"2026-{1 + day // 28:02}-{1 + day % 28:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
                file.write(f"{UUID(int=number)},{at},source-{number % 7},{number % 400 / 4}\n")
        os.utime(path, (1e9, 1e9))


def run(folder: Path, scheduler: str) -> subprocess.Popen[bytes]:
    env = os.environ | {"DATA_FOLDER": str(folder), "DASK_SCHEDULER": scheduler} | QUIET
    return subprocess.Popen([*PYTHON, "app.pipeline", "run"], cwd=SERVICE, env=env)


def ended(process: subprocess.Popen[bytes]) -> None:
    assert process.wait(300) == 0, f"ended with {process.returncode}"


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    started: list[subprocess.Popen[bytes]] = []
    try:
        local, scaled = folder / "local", folder / "scaled"
        drop(local)
        shutil.copytree(local, scaled)
        ended(run(local, ""))

        told = folder / "scheduler.json"
        quiet = ["--host", "127.0.0.1", "--no-dashboard"]
        command = [*PYTHON, "distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(told)]
        started.append(subprocess.Popen([*command, *quiet], cwd=SERVICE, env=os.environ | QUIET))
        workers = []
        for name in ("one", "two"):
            command = [*PYTHON, "distributed.cli.dask_worker", "--scheduler-file", str(told), "--name", name]
            command += ["--no-nanny", "--nthreads", "1", "--local-directory", str(folder / "dask"), *quiet]
            workers.append(subprocess.Popen(command, cwd=SERVICE, env=os.environ | QUIET))
        started += workers
        until(told.exists, 60)
        address = json.loads(told.read_text())["address"]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=60)

        pipeline = run(scaled, address)
        until(lambda: pipeline.poll() is not None or len(list(scaled.glob("daily/*/*.parquet"))) > DAYS // 4, 120)
        workers[0].send_signal(signal.SIGKILL)
        made = len(list(scaled.glob("daily/*/*.parquet")))
        assert made < DAYS, "it was killed too late to matter"
        ended(pipeline)
        assert workers[1].poll() is None
        assert tables(scaled) == tables(local)
        print(f"killed with {made} of {DAYS} days made; {len(tables(local)['events']):,} events alike")
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def until(holds: object, seconds: float) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.02)


if __name__ == "__main__":
    main()
