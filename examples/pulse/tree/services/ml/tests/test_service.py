"""What every service does, whatever its routes."""

import re

import pytest
from fastapi.testclient import TestClient

from app.config import Config, ConfigError, read
from app.contract import Health, Problem
from app.main import create_app

TRACE = "a" * 32


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app({"MAX_BODY": "100"}), raise_server_exceptions=False)


def test_is_alive_and_gives_figures(client: TestClient) -> None:
    alive = client.get("/livez")
    assert alive.status_code == 200
    assert Health.model_validate_json(alive.content).status == "ok"
    assert 'route="/livez"' in client.get("/metrics").text


def test_explains_what_it_cannot_find(client: TestClient) -> None:
    answer = client.get("/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate_json(answer.content).status == answer.status_code == 404


def test_continues_a_trace_and_begins_one_when_there_is_none(client: TestClient) -> None:
    continued = client.get("/livez", headers={"traceparent": f"00-{TRACE}-{'b' * 16}-00"})
    assert re.fullmatch(
        rf"00-{TRACE}-(?!b{{16}})[0-9a-f]{{16}}-00", continued.headers["traceparent"]
    )
    begun = client.get("/livez", headers={"traceparent": f"00-{'0' * 32}-{'b' * 16}-00"})
    assert re.match(r"00-(?!0{32})[0-9a-f]{32}-", begun.headers["traceparent"])
    assert re.fullmatch(r"answer;dur=[\d.]+", begun.headers["server-timing"])


def test_refuses_a_body_that_is_too_long(client: TestClient) -> None:
    told = client.post("/nothing", content=b"x" * 101)
    assert (told.status_code, Problem.model_validate_json(told.content).status) == (413, 413)


def test_asks_for_the_token_once_there_is_one() -> None:
    client = TestClient(create_app({"SERVICE_TOKEN": "secret"}))
    assert client.get("/nothing").status_code == 401
    assert client.get("/nothing", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/nothing", headers={"authorization": "Bearer secret"}).status_code == 404
    assert client.get("/livez").status_code == 200


def test_names_a_setting_that_cannot_be_used() -> None:
    with pytest.raises(ConfigError, match="PORT=many: "):
        read(Config, {"PORT": "many"})
    with pytest.raises(ConfigError, match=r"LOG_LEVEL=loud: .*'info'"):
        read(Config, {"LOG_LEVEL": "loud"})
    assert read(Config, {"HOST": ""}).host == "127.0.0.1"
