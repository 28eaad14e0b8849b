"""Jobs, from the queue to their end, in real processes."""

import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.config import ConfigError
from app.contract_jobs import Job, Result
from app.jobs import STARTS
from app.main import create_app
from app.operations import operations

JOBS = operations()["startJob"].path
EVENTS = operations()["followJob"].path
REQUEST = {"demand": 100, "spread": 40, "days": 7, "probability": 0.95, "years": 2000, "seed": 7}
LONG = REQUEST | {"years": 1_000_000}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def serving(data: Path, **more: str) -> TestClient:
    settings = {"DATA_FOLDER": str(data), "JOB_WORKERS": "1", "JOB_DRAIN_SECONDS": "0"}
    return TestClient(create_app(settings | more))


def start(client: TestClient, request: dict[str, Any], **headers: str) -> Job:
    answer = client.post(JOBS, json=request, headers=headers)
    assert answer.status_code == 202, answer.text
    return Job.model_validate_json(answer.content)


def get(client: TestClient, job: Job) -> Job:
    return Job.model_validate_json(client.get(f"{JOBS}/{job.id}").content)


def until(client: TestClient, job: Job, reached: Callable[[Job], bool]) -> Job:
    for _ in range(600):
        seen = get(client, job)
        if reached(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(f"it stays as it is: {seen}")


def cancelling(job: Job) -> str:
    return operations()["cancelJob"].path.replace("{id}", str(job.id))


def ended(job: Job) -> bool:
    return job.state in ("done", "failed", "cancelled")


def under_way(job: Job) -> bool:
    return job.state == "running" and job.progress > 0


def process_of(client: TestClient, job: Job) -> int:
    process = client.app.state.pool.running[job.id].process  # type: ignore[attr-defined]
    return int(process.pid)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_runs_to_its_result_the_same_for_the_same_seed(client: TestClient) -> None:
    jobs = [start(client, REQUEST | {"seed": seed}) for seed in (7, 7, 8)]
    first, same, other = (until(client, job, ended) for job in jobs)
    assert first.state == "done"
    assert first.progress == 1
    assert first.result == same.result != other.result
    assert isinstance(first.result, Result)
    assert sum(first.result.counts) == first.result.years == 2000


def test_the_result_is_what_can_be_worked_out_by_hand(client: TestClient) -> None:
    """Where the spread is the mean demand is exponential; a year needs the largest of its 360."""
    exponential = {"demand": 100, "spread": 100, "days": 1, "probability": 0.5, "seed": 1}
    result = until(client, start(client, exponential | {"years": 20_000}), ended).result
    assert isinstance(result, Result)
    assert abs(result.stock + 100 * math.log(1 - 0.5 ** (1 / 360))) < 5 * result.error


def test_it_is_followed_to_its_end_by_events(client: TestClient) -> None:
    job = start(client, REQUEST | {"years": 40_000})
    answer = client.get(EVENTS.replace("{id}", str(job.id)))
    told = [json.loads(data) for data in re.findall(r"^event: job\ndata: (.+)$", answer.text, re.M)]
    progress = [one["progress"] for one in told]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2, "no progress between start and end was told"
    assert [one["state"] for one in told].count("done") == 1
    assert Job.model_validate_json(json.dumps(told[-1])) == get(client, job)


def test_everybody_else_is_answered_while_all_processes_are_busy(client: TestClient) -> None:
    busy = until(client, start(client, LONG), under_way)
    waiting = start(client, REQUEST)
    answers = [client.get("/livez").status_code for _ in range(200)]
    assert answers == [200] * 200
    assert get(client, busy).state == "running", "it was over before: nothing was shown"
    assert get(client, waiting).state == "queued"


def test_cancelling_ends_the_work_itself(client: TestClient) -> None:
    job = until(client, start(client, LONG), under_way)
    waiting = start(client, LONG)
    pid = process_of(client, job)
    for one in (job, waiting):
        told = Job.model_validate_json(client.put(cancelling(one)).content)
        assert told.state == "cancelled"
    assert until(client, start(client, REQUEST), ended).state == "done"
    assert not lives(pid)
    again = Job.model_validate_json(client.put(cancelling(job)).content)
    assert again == get(client, job), "what has ended stays as it is"


def test_two_with_one_key_are_one_job(client: TestClient) -> None:
    made = [start(client, REQUEST, **{"idempotency-key": key}) for key in ("k", "k", "other")]
    assert made[0].id == made[1].id != made[2].id
    assert len(client.get(JOBS).json()["jobs"]) == 2


def test_a_full_queue_refuses_more_and_says_when_to_come_back(tmp_path: Path) -> None:
    with serving(tmp_path, JOBS_WAITING="1") as client:
        until(client, start(client, LONG), under_way)
        start(client, LONG, **{"idempotency-key": "k"})
        refused = client.post(JOBS, json=LONG)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        start(client, LONG, **{"idempotency-key": "k"})  # it is there already


def test_a_job_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with serving(tmp_path, JOB_SECONDS="0.5") as client:
        job = until(client, start(client, LONG), ended)
        assert (job.state, job.reason) == ("failed", "It took longer than 0.5 s.")


def test_a_job_whose_process_is_killed_fails_and_the_next_one_runs(client: TestClient) -> None:
    job = until(client, start(client, LONG), under_way)
    os.kill(process_of(client, job), signal.SIGKILL)
    failed = until(client, job, ended)
    assert (failed.state, failed.reason) == ("failed", "Its process died (SIGKILL).")
    assert until(client, start(client, REQUEST), ended).state == "done"


def test_a_job_that_takes_the_service_down_is_not_started_for_ever(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        job = until(client, start(client, LONG), under_way)
        jobs = client.app.state.pool.jobs  # type: ignore[attr-defined]
        for left in range(STARTS - 1, -1, -1):
            jobs.recover()  # as after a kill
            assert get(client, job).state == ("queued" if left else "failed")
            jobs.take()


def test_only_one_service_has_the_file(client: TestClient, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="another process"), serving(tmp_path):
        pass


# The service as a process of its own.


@contextmanager
def service(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx2.Client]]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    settings = {
        "DATA_FOLDER": str(data),
        "PORT": str(port),
        "JOB_WORKERS": "1",
        "LOG_LEVEL": "error",
    }
    settings["JOB_DRAIN_SECONDS"] = "0.2"
    process = subprocess.Popen([sys.executable, "-m", "app.main"], env=os.environ | settings)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            for _ in range(600):
                try:
                    client.get("/livez")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield process, client
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_ran_when_the_service_ended_starts_anew(
    tmp_path: Path, number: signal.Signals
) -> None:
    with service(tmp_path) as (process, client):
        made = client.post(JOBS, json=REQUEST | {"years": 200_000}).json()
        waiting = client.post(JOBS, json=REQUEST).json()
        path = EVENTS.replace("{id}", made["id"])
        with client.stream("GET", path) as answer:
            told: dict[str, Any] = {}
            try:
                for event in httpx2.EventSource(answer):
                    told = json.loads(event.data)
                    if told["progress"] > 0 and process.poll() is None:
                        process.send_signal(number)
            except httpx2.TransportError:
                assert number == signal.SIGKILL
        assert told["state"] == "running", "it was over before: nothing was shown"
        assert process.wait(15) == (0 if number == signal.SIGTERM else -number)
    with service(tmp_path) as (_, client):
        for job in (made, waiting):
            with client.stream("GET", EVENTS.replace("{id}", job["id"])) as answer:
                *_, last = [json.loads(event.data) for event in httpx2.EventSource(answer)]
            assert last["state"] == "done"
