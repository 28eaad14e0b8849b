"""Answers by a language model elsewhere: a stand-in on this machine, which misbehaves as they do."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient

from app import provider
from app.budget import Budget, Limits
from app.config import ConfigError
from app.main import create_app
from app.operations import operations

ANSWER = operations()["answer"].path
QUESTION = {"question": "How long does a refund take?"}
KEY = "sk-very-secret"
WORDS = ["Three ", "working ", "days."]
Behaviour = Callable[["Handler"], None]


class Model(ThreadingHTTPServer):
    """Does with each request what comes next in the list; the last for all that follow."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: list[Behaviour] = [answers]
        self.asked: list[tuple[str, str, Any]] = []
        self.times: list[float] = []
        self.left = threading.Event()
        """Somebody closed the connection while words were coming."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        model = self.server
        model.times.append(time.monotonic())
        model.asked.append((self.path, self.headers["authorization"], body))
        behave = model.behaviours.pop(0) if len(model.behaviours) > 1 else model.behaviours[0]
        self.close_connection = True
        try:
            behave(self)
        except OSError:
            model.left.set()

    def begin(self, status: int = 200, type: str = "text/event-stream", **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", type)
        self.send_header("connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def say(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())
        self.wfile.flush()

    def words(self, *words: str) -> None:
        for word in words:
            self.say(json.dumps({"choices": [{"delta": {"content": word}}]}))

    def log_message(self, *_: object) -> None:
        pass


def answers(to: Handler, reason: str = "stop") -> None:
    to.begin()
    to.words(*WORDS)
    to.say(json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]}))
    usage = {"prompt_tokens": 200, "completion_tokens": 50}
    to.say(json.dumps({"choices": [], "usage": usage}))
    to.say("[DONE]")


def refuses(status: int, **headers: str) -> Behaviour:
    def refuse(to: Handler) -> None:
        to.begin(status, "application/json", **headers)
        to.wfile.write(json.dumps({"error": f"for the key {KEY}"}).encode())

    return refuse


def breaks_off(to: Handler) -> None:
    to.begin()
    to.words(*WORDS[:2])


def falls_silent(to: Handler) -> None:
    to.begin()
    to.words(*WORDS[:2])
    to.server.left.wait(10)


def says_nothing(to: Handler) -> None:
    to.server.left.wait(10)


def talks_nonsense(to: Handler) -> None:
    to.begin()
    to.words(*WORDS[:2])
    to.say('{"choices": [{"delta": 7}]}')


def talks_no_json(to: Handler) -> None:
    to.begin()
    to.say(KEY)


def shows_a_page(to: Handler) -> None:
    to.begin(200, "text/html")
    to.wfile.write(b"<h1>Sign in</h1>")


def drips(to: Handler) -> None:
    to.begin()
    while True:
        to.words("on and on ")
        time.sleep(0.02)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    monkeypatch.setattr(provider, "BACK_OFF", 0.01)
    server = Model()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.left.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(model: Model, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    own = {
        "AI_URL": f"http://127.0.0.1:{model.server_port}/v1",
        "AI_KEY": KEY,
        "AI_MODEL": "small",
        "DATA_FOLDER": str(tmp_path),
        "AI_SILENCE_SECONDS": "0.3",
    }
    return environ | own


@pytest.fixture
def client(settings: dict[str, str]) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as client:
        yield client


def parts(client: TestClient) -> list[dict[str, Any]]:
    answer = client.post(ANSWER, json=QUESTION)
    assert answer.status_code == 200, answer.text
    return events(answer.text)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def words_of(parts: list[dict[str, Any]]) -> list[str]:
    return [part["text"] for part in parts if part["type"] == "text"]


def spent(folder: Path) -> tuple[int, float]:
    return Budget(folder / "budget.sqlite", Limits.model_validate({})).spent()


def test_passes_the_words_on_with_what_they_are_built_upon(
    client: TestClient, model: Model, tmp_path: Path
) -> None:
    told = parts(client)
    assert [part["type"] for part in told] == ["sources", "text", "text", "text", "done"]
    assert words_of(told) == WORDS
    assert (told[-1]["by"], told[-1]["cut"], told[-1]["tokens"]) == ("small", False, 250)
    assert spent(tmp_path) == (250, 0)
    ((path, key, body),) = model.asked
    assert (path, key) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert (body["model"], body["stream"]) == ("small", True)
    passage = told[0]["sources"][0]["passage"]["text"]
    assert passage in body["messages"][1]["content"]
    assert QUESTION["question"] in body["messages"][1]["content"]


def test_says_when_the_answer_was_cut(client: TestClient, model: Model) -> None:
    model.behaviours = [lambda to: answers(to, "length")]
    assert parts(client)[-1]["cut"] is True


def test_asks_again_when_there_was_no_time_and_waits_as_long_as_it_is_told(
    client: TestClient, model: Model
) -> None:
    model.behaviours = [refuses(429, retry_after="1"), refuses(500), answers]
    assert words_of(parts(client)) == WORDS
    assert len(model.asked) == 3
    assert model.times[1] - model.times[0] >= 1


@pytest.mark.parametrize(
    ("behaviour", "asked", "status", "words"),
    [
        (refuses(500), provider.TRIES, 503, []),
        (refuses(429, retry_after="3600"), 1, 503, []),
        (refuses(401), 1, 502, []),
        (refuses(400), 1, 502, []),
        (says_nothing, 1, 504, []),
        (falls_silent, 1, 504, WORDS[:2]),
        (breaks_off, 1, 502, WORDS[:2]),
        (talks_nonsense, 1, 502, WORDS[:2]),
        (talks_no_json, 1, 502, []),
        (shows_a_page, 1, 502, []),
    ],
)
def test_tells_of_what_goes_wrong_and_never_of_the_key(
    client: TestClient,
    model: Model,
    caplog: pytest.LogCaptureFixture,
    behaviour: Behaviour,
    asked: int,
    status: int,
    words: list[str],
) -> None:
    model.behaviours = [behaviour]
    with caplog.at_level(logging.DEBUG):
        told = parts(client)
    assert (told[-1]["type"], told[-1]["problem"]["status"]) == ("failed", status)
    assert words_of(told) == words
    assert len(model.asked) == asked
    logged = [str(vars(record)) for record in caplog.records]
    assert logged, "nothing was logged: nothing was shown"
    assert KEY not in json.dumps(told) + "".join(logged)


def test_an_answer_without_end_is_ended(settings: dict[str, str], model: Model) -> None:
    model.behaviours = [drips]
    with TestClient(create_app(settings | {"AI_SECONDS": "0.5"})) as client:
        told = parts(client)
    assert (told[-1]["type"], told[-1]["problem"]["status"]) == ("failed", 504)
    assert words_of(told)
    assert model.left.wait(10)


def test_nobody_there_is_told_too(settings: dict[str, str], tmp_path: Path) -> None:
    with TestClient(create_app(settings | {"AI_URL": "http://127.0.0.1:1"})) as client:
        assert parts(client)[-1]["problem"]["status"] == 502
    assert spent(tmp_path) == (0, 0)


def test_the_budget_of_a_day_is_kept_across_a_restart(
    settings: dict[str, str], model: Model, tmp_path: Path
) -> None:
    limited = settings | {"AI_TOKENS_PER_DAY": "1200", "AI_PRICE_IN": "1000"}
    with TestClient(create_app(limited)) as client:
        model.behaviours = [refuses(401), breaks_off, answers]
        parts(client)
        assert spent(tmp_path) == (0, 0), "a refusal costs nothing"
        parts(client)
        estimated = spent(tmp_path)[0]
        assert 0 < estimated < 1200, "what broke off costs what was estimated"
    with TestClient(create_app(limited)) as client:
        count = 0
        while (answer := client.post(ANSWER, json=QUESTION)).status_code == 200:
            count += 1
    assert answer.status_code == 429
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    left = 86_400 - (datetime.now(UTC) - midnight).total_seconds()
    assert abs(int(answer.headers["retry-after"]) - left) < 60
    assert count == len(model.asked) - 2 > 0
    tokens, money = spent(tmp_path)
    assert tokens == estimated + 250 * count <= 1200
    assert money > 0.2 * count


def test_money_runs_out_as_well(settings: dict[str, str]) -> None:
    poor = {"AI_MONEY_PER_DAY": "0.01", "AI_PRICE_OUT": "1000"}
    with TestClient(create_app(settings | poor)) as client:
        assert client.post(ANSWER, json=QUESTION).status_code == 429


def test_who_leaves_ends_the_work(settings: dict[str, str], model: Model, tmp_path: Path) -> None:
    model.behaviours = [drips]
    config = uvicorn.Config(create_app(settings), port=0, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}{ANSWER}"
    with httpx2.stream("POST", url, json=QUESTION, timeout=10) as answer:
        for event in httpx2.EventSource(answer):
            if json.loads(event.data)["type"] == "text":
                break
    assert model.left.wait(10), "the language model talks on to nobody"
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    assert 0 < spent(tmp_path)[0] < 1200, "what was written until then is counted"


def test_a_model_that_is_not_named_is_no_setting(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="AI_MODEL"):
        create_app(environ | {"AI_URL": "http://127.0.0.1:1"})
