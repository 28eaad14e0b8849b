"""What the service takes is on the disk before it is answered, and refused with the reason."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from app.contract import EventReceipt, PipelineState, Problem
from app.engine import Local
from app.inbox import Inbox, seal_left, sealed
from app.main import create_app
from app.operations import operations
from app.runs import run
from app.settings import Settings

EVENTS = operations()["ingestEvents"].path
PIPELINE = operations()["describePipeline"].path


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app({"DATA_FOLDER": str(tmp_path)}))


def event(**other: Any) -> dict[str, Any]:
    made = {"id": str(uuid4()), "at": "2026-01-04T23:30:00Z", "source": "a", "value": 1.5}
    return made | other


def send(client: TestClient, *events: dict[str, Any]) -> EventReceipt:
    answer = client.post(EVENTS, json={"events": events})
    assert answer.status_code == 202, answer.text
    return EventReceipt.model_validate_json(answer.content)


def on_disk(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "inbox").iterdir())
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_what_is_accepted_is_on_the_disk(client: TestClient, tmp_path: Path) -> None:
    sent = [event(), event(kind="level")]
    receipt = send(client, *sent)
    assert (receipt.accepted, receipt.duplicates, receipt.refused) == (2, 0, [])
    assert on_disk(tmp_path) == sent


def test_an_event_sent_again_is_no_new_one(client: TestClient, tmp_path: Path) -> None:
    one, other = event(), event()
    send(client, one)
    receipt = send(client, other, one, other)
    assert (receipt.accepted, receipt.duplicates) == (1, 2)
    assert on_disk(tmp_path) == [one, other]


def test_the_time_alone_refuses_a_single_event(client: TestClient, tmp_path: Path) -> None:
    early, late = event(at="1999-12-31T23:59:59Z"), event(at="2999-01-01T00:00:00Z")
    receipt = send(client, early, event(), late)
    assert receipt.accepted == 1
    told = [(refusal.index, refusal.reason) for refusal in receipt.refused]
    assert told == [(0, "at is before 2000"), (2, "at is in the future")]
    assert len(on_disk(tmp_path)) == 1


def test_a_batch_that_breaks_the_contract_changes_nothing(
    client: TestClient, tmp_path: Path
) -> None:
    answer = client.post(EVENTS, json={"events": [event(), event(value="1")]})
    problem = Problem.model_validate_json(answer.content)
    assert isinstance(problem.errors, list)
    assert [issue.path for issue in problem.errors] == ["/events/1/value"]
    assert on_disk(tmp_path) == []


def test_says_so_when_too_much_waits(tmp_path: Path) -> None:
    client = TestClient(create_app({"DATA_FOLDER": str(tmp_path), "INBOX_LIMIT": "1"}))
    send(client, event())
    client.app.state.inbox.seal()  # type: ignore[attr-defined]
    answer = client.post(EVENTS, json={"events": [event()]})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_seals_what_a_killed_process_left_without_the_line_that_was_cut_off(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, 1)
    inbox.write(b'{"whole": 1}\n{"cut')
    seal_left(tmp_path)
    assert sealed(tmp_path) == [], "its process lives"
    assert inbox.file is not None
    os.close(inbox.file)  # as the end of its process does
    seal_left(tmp_path)
    assert [file.read_bytes() for file in sealed(tmp_path)] == [b'{"whole": 1}\n']


def test_tells_how_the_pipeline_stands(client: TestClient, tmp_path: Path) -> None:
    def state() -> dict[str, Any]:
        found = PipelineState.model_validate_json(client.get(PIPELINE).content).model_dump()
        found.pop("endedAt", None)
        return found

    empty = {"run": 0, "events": 0, "duplicates": 0, "rejected": 0, "waiting": 0}
    assert state() == empty
    send(client, event(), event())
    client.app.state.inbox.seal()  # type: ignore[attr-defined]
    assert state() == empty | {"waiting": 1}
    run(Settings(data_folder=tmp_path), Local())
    assert state() == empty | {"run": 1, "events": 2}
