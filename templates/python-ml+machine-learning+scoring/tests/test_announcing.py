"""A model that gets into service is announced to the Node service, by the contract."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from fastapi.testclient import TestClient

from app.contract import ModelEvent
from app.main import create_app
from app.operations import operations
from app.registry import Registry
from app.routes import announcing

Asked = tuple[str, str, str, ModelEvent]


class Node(ThreadingHTTPServer):
    """Where the Node service would be; the whole of both is tried by running both."""

    def __init__(self, statuses: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses = statuses
        self.asked: list[Asked] = []
        self.done = Event()


class Handler(BaseHTTPRequestHandler):
    server: Node

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        event = ModelEvent.model_validate_json(body)
        key, token = self.headers["idempotency-key"], self.headers["authorization"]
        self.server.asked.append((self.path, key, token, event))
        self.send_response(self.server.statuses.pop(0))
        self.end_headers()
        if not self.server.statuses:
            self.server.done.set()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def node(request: pytest.FixtureRequest) -> Iterator[Node]:
    server = Node(list(request.param))
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("node", [[204], [422], [503, 204]], indirect=True)
def test_announces_the_model_until_it_is_answered(
    node: Node, environ: dict[str, str], models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = len(node.statuses)
    monkeypatch.setattr(announcing, "LOOK", 0.05)
    url = f"http://127.0.0.1:{node.server_port}"
    with TestClient(create_app(environ | {"NODE_URL": url, "SERVICE_TOKEN": "secret"})):
        assert node.done.wait(5)
        assert not Event().wait(0.3)  # time for a second one
    manifest = Registry(models).in_service()[1]
    assert len(node.asked) == asked
    assert len({key for _, key, _, _ in node.asked}) == 1
    path, key, token, event = node.asked[-1]
    assert (path, token) == (operations()["announce"].path, "Bearer secret")
    assert key == f"{manifest.version}-{announcing.START}"
    assert (event.model, event.quality) == (manifest.version, manifest.quality)


@pytest.mark.parametrize("node", [[204]], indirect=True)
def test_waits_for_a_service_that_is_not_there_yet(
    node: Node, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "LOOK", 0.05)
    app = create_app(environ | {"NODE_URL": "http://127.0.0.1:1"})
    with TestClient(app):
        assert not node.done.wait(0.3)
        app.state.models.base = f"http://127.0.0.1:{node.server_port}"
        assert node.done.wait(5)
    assert len(node.asked) == 1
