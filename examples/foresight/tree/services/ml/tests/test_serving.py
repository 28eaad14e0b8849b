"""Scoring over HTTP: what is taken, what is refused and how."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from fastapi.testclient import TestClient
from server import BATCH, ROW, SCORE, STREAM

from app.contract import Problem, RefusedLine, ScoredLine, Scores
from app.main import create_app
from app.model import Model

ROWS = [ROW | {"hour": hour} for hour in range(24)]
TABLE = {"content-type": "application/octet-stream"}
LINES = {"content-type": "application/x-ndjson"}


@pytest.fixture
def client(environ: dict[str, str]) -> TestClient:
    return TestClient(create_app(environ), raise_server_exceptions=False)


def packed(rows: list[dict[str, float]]) -> bytes:
    return np.array([list(row.values()) for row in rows], "<f4").tobytes()


def test_names_row_and_field(client: TestClient) -> None:
    rows = [ROW, ROW | {"hour": 24}, ROW | {"last": None, "more": 1}]
    answer = client.post(BATCH, json={"rows": rows})
    problem = Problem.model_validate_json(answer.content)
    assert answer.status_code == 422
    assert isinstance(problem.errors, list)
    assert [one.path for one in problem.errors] == ["/rows/1/hour", "/rows/2/last", "/rows/2/more"]


def test_a_table_of_floats_is_scored_as_json_is(client: TestClient) -> None:
    told = Scores.model_validate_json(client.post(BATCH, json={"rows": ROWS}).content)
    same = client.post(BATCH, content=packed(ROWS), headers=TABLE)
    assert Scores.model_validate_json(same.content) == told
    table = client.post(
        BATCH, content=packed(ROWS), headers=TABLE | {"accept": "application/octet-stream"}
    )
    assert table.headers["content-type"] == "application/octet-stream"
    assert table.headers["model-version"] == told.model
    assert np.frombuffer(table.content, "<f4") == pytest.approx(told.values, abs=0.001)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", ""),
        (packed([ROW])[:-1], ""),
        (packed([ROW, ROW | {"hour": 24}]), "/rows/1/hour"),
        (packed([ROW | {"weekday": 1.5}]), "/rows/0/weekday"),
        (packed([ROW | {"trend": float("nan")}]), "/rows/0/trend"),
        (packed([ROW | {"last": float("inf")}]), "/rows/0/last"),
    ],
)
def test_a_table_is_checked_as_json_is(client: TestClient, body: bytes, path: str) -> None:
    answer = client.post(BATCH, content=body, headers=TABLE)
    problem = Problem.model_validate_json(answer.content)
    assert answer.status_code == 422
    assert isinstance(problem.errors, list)
    assert [one.path for one in problem.errors] == [path]


def test_an_integer_may_be_written_as_a_float(client: TestClient) -> None:
    body = json.dumps(ROW | {"hour": 9.0})
    answer = client.post(SCORE, content=body, headers={"content-type": "application/json"})
    assert answer.json() == client.post(SCORE, json=ROW).json()


def test_refuses_by_method_type_and_size(environ: dict[str, str]) -> None:
    client = TestClient(create_app(environ | {"MAX_BODY": "500", "MAX_ROWS": "2"}))

    def chunks() -> Iterator[bytes]:
        yield from [b" " * 300] * 2

    said = {
        405: client.get(SCORE),
        415: client.post(SCORE, content=b"{}", headers={"content-type": "text/plain"}),
        413: client.post(SCORE, json={"more": "x" * 500}),
    }
    for status, answer in said.items():
        assert answer.status_code == Problem.model_validate_json(answer.content).status == status
    assert said[405].headers["allow"] == "POST"
    without_length = client.post(
        SCORE, content=chunks(), headers={"content-type": "application/json"}
    )
    assert without_length.status_code == 413
    assert client.post(BATCH, json={"rows": [ROW] * 3}).status_code == 422
    assert client.post(BATCH, content=packed([ROW] * 3), headers=TABLE).status_code == 422
    assert client.post(BATCH, content=packed([ROW] * 2), headers=TABLE).status_code == 200


def test_tells_nothing_of_its_inside(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(Model, "predict", fail)
    answer = client.post(SCORE, json=ROW)
    assert Problem.model_validate_json(answer.content).status == answer.status_code == 500
    assert "inside" not in answer.text


def test_is_traced_counted_and_told_in_one_line(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    with client:
        answer = client.post(SCORE, json=ROW, headers={"traceparent": trace})
    assert answer.headers["traceparent"].startswith(f"00-{'a' * 32}-")
    laps = [lap.split(";")[0] for lap in answer.headers["server-timing"].split(", ")]
    assert laps == ["validate", "predict", "answer"]
    assert f'route="{SCORE}",status="200"' in client.get("/metrics").text


def test_each_line_of_a_stream_is_answered(client: TestClient) -> None:
    lines = [json.dumps(row).encode() for row in ROWS]
    lines[3] = b'{"hour": 99}'
    lines[5] = b"nonsense"
    body = b"\n".join(lines[:10]) + b"\n\n" + b"\r\n".join(lines[10:])  # the last without an end

    def pieces() -> Iterator[bytes]:
        yield from (body[at : at + 100] for at in range(0, len(body), 100))

    answer = client.post(STREAM, content=pieces(), headers=LINES)
    told = answer.content.splitlines()
    assert len(told) == len(ROWS)
    values = client.post(BATCH, json={"rows": ROWS}).json()["values"]
    for at, (line, value) in enumerate(zip(told, values, strict=True)):
        if at in (3, 5):
            refused = RefusedLine.model_validate_json(line)
            assert refused.line == at + 1
            assert refused.errors[0].path == ("/hour" if at == 3 else "")
        else:
            scored = ScoredLine.model_validate_json(line)
            assert (scored.line, scored.value) == (at + 1, value)


def test_a_line_that_does_not_end_ends_the_stream(client: TestClient) -> None:
    answer = client.post(STREAM, content=b"1" * 70_000, headers=LINES)
    assert RefusedLine.model_validate_json(answer.content).line == 1
