"""More than the service can take, callers that are slow, and a model that is."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from server import ROW, SCORE, STREAM, Server, running, slowed, until

from app import features, model
from app.contract import Features as Row
from app.main import create_app
from app.model import Model
from app.registry import Registry
from app.store import Store

BODY = json.dumps(ROW).encode()
LINES = 1_000
"""Of a chunk."""
MOST = 64 << 20
"""Bytes that a slow reader would send if it could; some MB of them lie in the sockets."""


@contextmanager
def asked(server: Server, path: str, more: str, body: bytes) -> Iterator[socket.socket]:
    """A request, of whose body perhaps a part is still to come."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\n{more}\r\n\r\n".encode() + body)
        yield connection


def score(server: Server, body: bytes) -> bytes:
    """What is answered to a row, or to its beginning."""
    more = f"content-type: application/json\r\ncontent-length: {len(BODY)}"
    with asked(server, SCORE, more, body) as connection:
        return connection.recv(2_000)


def test_says_come_again_when_too_many_are_in_flight(environ: dict[str, str]) -> None:
    more = f"content-type: application/json\r\ncontent-length: {len(BODY)}"
    with running(environ | {"MAX_IN_FLIGHT": "1"}) as server:
        with asked(server, SCORE, more, BODY[:10]) as slow:
            full = b""
            while b" 503 " not in full:  # until the other has begun
                full = score(server, BODY)
            assert b"retry-after: 1\r\n" in full
            slow.sendall(BODY[10:])
            assert b" 200 " in slow.recv(2_000)
        assert b" 200 " in score(server, BODY)


def test_does_not_wait_for_a_body_that_does_not_come(environ: dict[str, str]) -> None:
    with running(environ | {"MAX_IN_FLIGHT": "1", "BODY_SECONDS": "0.3"}) as server:
        late = score(server, BODY[:10])
        assert b" 408 " in late
        assert b"application/problem+json" in late
        assert b" 200 " in score(server, BODY)  # its place is free again


def test_who_does_not_read_is_not_read_from(environ: dict[str, str]) -> None:
    lines = (BODY + b"\n") * LINES
    chunk = b"%x\r\n%b\r\n" % (len(lines), lines)
    more = "content-type: application/x-ndjson\r\ntransfer-encoding: chunked"
    with running(environ) as server, asked(server, STREAM, more, b"") as slow:
        sent = 0
        slow.settimeout(2)
        before = memory(server)
        with suppress(TimeoutError):
            while sent < MOST:
                sent += slow.send(chunk[sent % len(chunk) :])
        assert sent < MOST
        taken = rows(server)
        assert 0 < taken < sent / len(chunk) * LINES
        assert memory(server) - before < 8 << 20
        assert b" 200 " in score(server, BODY)  # the others are
        assert rows(server) == taken + 1

        slow.settimeout(10)
        rest = chunk[sent % len(chunk) :] if sent % len(chunk) else b""
        writer = threading.Thread(target=slow.sendall, args=[rest + b"0\r\n\r\n"])
        writer.start()
        answer = HTTPResponse(slow)
        answer.begin()
        told = answer.read().splitlines()
        writer.join(10)
        assert len(told) == -(-sent // len(chunk)) * LINES
        assert json.loads(told[-1])["line"] == len(told)


def rows(server: Server) -> int:
    found = httpx2.get(f"{server.url}/metrics").text.splitlines()
    return sum(
        int(float(line.split()[1])) for line in found if line.startswith("scored_rows_total{")
    )


def memory(server: Server) -> int:
    """In bytes; where nobody tells, none."""
    status = Path(f"/proc/{server.process.pid}/statm")
    return int(status.read_text().split()[1]) * 4096 if status.exists() else 0


def test_a_slow_model_is_given_what_waits_at_once(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found to be slow by its trial, as it comes into service; the one before it was not."""
    registry = Registry(shutil.copytree(models, tmp_path / "models"))
    with TestClient(create_app({"MODELS": str(registry.folder)})) as client:
        store: Store = client.app.state.store  # type: ignore[attr-defined]
        fast = store.get()
        assert not fast.queue
        version = slowed(registry.folder)
        registry.promote(version)
        until(lambda: store.get().version == version)
        queue = store.get().queue
        assert queue
        assert queue.most == model.TOGETHER
        told = [ROW | {"hour": hour} for hour in range(24)]
        runs: list[int] = []
        predict = Model.predict

        def counted(held: Model, rows: features.Rows) -> model.Values:
            """The first run takes until all others wait."""
            runs.append(len(rows))
            until(lambda: runs[0] + len(queue.waiting) == len(told) or len(runs) > 1)
            return predict(held, rows)

        monkeypatch.setattr(Model, "predict", counted)
        found: dict[int, float] = {}

        def ask(hour: int) -> None:
            found[hour] = client.post(SCORE, json=told[hour]).json()["value"]

        threads = [threading.Thread(target=ask, args=[hour]) for hour in range(len(told))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        monkeypatch.undo()
        assert len(runs) == 2
        assert sum(runs) == len(told)
        rightly = fast.score(features.table(Row.model_validate(row) for row in told))
        assert [found[hour] for hour in range(len(told))] == pytest.approx(rightly)
