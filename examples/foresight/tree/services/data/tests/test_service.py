"""What every service does, whatever its routes: it keeps to the contract, among other things."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import httpx2
import pytest
import yaml
from fastapi.testclient import TestClient
from pydantic import TypeAdapter, ValidationError

from app.config import Config, ConfigError, read
from app.contract import Problem
from app.main import create_app, route_modules
from app.operations import CONTRACT
from generate import definitions, modules

TRACE = "a" * 32


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app({"MAX_BODY": "100"}), raise_server_exceptions=False)


def test_gives_figures(client: TestClient) -> None:
    assert client.get("/livez").status_code == 200
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


def test_serves_the_contract_to_read_and_lets_that_load_nothing_from_elsewhere() -> None:
    client = TestClient(create_app({"SERVICE_TOKEN": "secret"}))
    page = client.get("/docs")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r'(src|href)="(/|https?:)', page.text)
    for file in (CONTRACT / "docs").iterdir():
        assert client.get(page.url.join(file.name.replace("index.html", ""))).is_success, file
    told = json.dumps(client.get("/docs/contract.json").json()["openapi"])
    for file in OPENAPI.glob("*.yaml"):
        for operation in load(file.stem):
            assert f'"operationId": "{operation.described["operationId"]}"' in told


# The contract: every operation is asked for, and every answer held against it.

OPENAPI = CONTRACT / "openapi"
METHODS = ("post", "get", "put", "patch", "delete")  # what is made first is read, changed, removed
TOKEN = {"authorization": "Bearer secret"}
NOBODY = "00000000-0000-4000-8000-000000000000"
DEFINITIONS: dict[str, Any] = definitions()
MODELS = {
    name: model
    for module in modules()
    for name, model in vars(import_module(f"app.{module}")).items()
}


class Operation(NamedTuple):
    method: str
    path: str
    described: Any

    @property
    def media(self) -> tuple[str, Any]:
        """Type and definition of its body, in the first of its forms; empty without one."""
        content = self.described.get("requestBody", {}).get("content", {})
        return next(((mime, definition(one["schema"])) for mime, one in content.items()), ("", {}))

    def sent(self, value: Any) -> dict[str, Any]:
        mime, _ = self.media
        if value is None or mime == "application/json":
            return {"json": value}
        return {"content": value, "headers": TOKEN | {"content-type": mime}}


def documents() -> Iterator[list[Operation]]:
    """Each of which we serve anything."""
    routes = {route.path for module in route_modules() for route in module.router.routes}
    for file in sorted(OPENAPI.glob("*.yaml")):
        document = load(file.stem)
        if any(operation.path in routes for operation in document):
            yield document


def load(name: str) -> list[Operation]:
    document = yaml.safe_load((OPENAPI / f"{name}.yaml").read_text("utf-8"))
    found = []
    for path, item in document["paths"].items():
        for method in METHODS:
            if described := inline(item.get(method), document):
                described.setdefault("parameters", []).extend(item.get("parameters", []))
                described.setdefault("security", document.get("security", []))
                found.append(Operation(method, path, described))
    return found


def inline(node: Any, document: Any) -> Any:
    """With the document's own components put in place."""
    if isinstance(node, list):
        return [inline(part, document) for part in node]
    if not isinstance(node, dict):
        return node
    if str(node.get("$ref", "")).startswith("#/"):
        found = document
        for key in node["$ref"][2:].split("/"):
            found = found[key]
        return inline(found, document)
    return {key: inline(part, document) for key, part in node.items()}


def definition(schema: Any) -> Any:
    return DEFINITIONS.get(schema["$ref"].split("/")[-1], {}) if "$ref" in schema else schema


OPERATIONS = sorted(
    (operation for document in documents() for operation in document),
    key=lambda operation: METHODS.index(operation.method),
)
SEEN: set[tuple[str, str, str]] = set()
MADE: dict[str, Any] = {}


@pytest.fixture(scope="module")
def whole(environ: dict[str, str]) -> Iterator[TestClient]:
    with TestClient(create_app(environ | {"SERVICE_TOKEN": "secret"})) as client:
        yield client


def ask(client: TestClient, operation: Operation, **asked: Any) -> httpx2.Response:
    """Asks, and holds the answer against the contract."""
    made = MADE.get(operation.path.split("/{")[0], {}) if asked.pop("known", True) else {}
    path = re.sub(r"{(\w+)}", lambda name: str(made.get(name[1], NOBODY)), operation.path)
    answer = client.request(operation.method, path, **({"headers": TOKEN} | asked))
    responses = operation.described["responses"]
    status = str(answer.status_code) if str(answer.status_code) in responses else "default"
    assert status in responses, f"{answer.status_code} is not documented: {answer.text}"
    SEEN.add((operation.method, operation.path, status))
    content = responses[status].get("content", {})
    mime = answer.headers.get("content-type", "").split(";")[0]
    assert mime in content if content else not answer.content
    if "$ref" in content.get(mime, {}).get("schema", {}):
        name = content[mime]["schema"]["$ref"].split("/")[-1]
        TypeAdapter(MODELS[name]).validate_json(answer.content)
    if operation.method == "post" and answer.is_success and answer.status_code != 204:
        MADE[path] = answer.json() if mime == "application/json" else {}
    return answer


@pytest.mark.parametrize("name", [name for name, one in DEFINITIONS.items() if "examples" in one])
def test_a_definition_has_its_examples_right(name: str) -> None:
    model: TypeAdapter[Any] = TypeAdapter(MODELS[name])
    for value in DEFINITIONS[name]["examples"]:
        model.validate_json(json.dumps(value))
    for value in DEFINITIONS[name].get("x-invalid", []):
        with pytest.raises(ValidationError):
            model.validate_json(json.dumps(value))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.described["operationId"])
def test_an_operation_keeps_to_the_contract(whole: TestClient, operation: Operation) -> None:
    if operation.described["security"]:
        assert ask(whole, operation, headers={}).status_code == 401
    _, body = operation.media
    for value in body.get("x-invalid", []):
        assert ask(whole, operation, **operation.sent(value)).status_code == 422, value
    if "{" in operation.path:
        assert ask(whole, operation, json={}, known=False).status_code == 404
    for parameter in operation.described["parameters"]:
        if "minimum" in parameter["schema"]:
            below = {parameter["name"]: parameter["schema"]["minimum"] - 1}
            assert ask(whole, operation, params=below).status_code == 422
    if "requestBody" in operation.described:
        assert body.get("examples"), "its body has no examples"
    for value in body.get("examples", [None]):
        answer = ask(whole, operation, **operation.sent(value))
        assert answer.is_success, answer.text
        if "304" in operation.described["responses"]:
            known = TOKEN | {"if-none-match": answer.headers["etag"]}
            assert ask(whole, operation, headers=known).status_code == 304


def test_not_ready_is_documented_too(environ: dict[str, str]) -> None:
    client = TestClient(create_app(environ))
    client.app.state.checks["sample"] = lambda: False  # type: ignore[attr-defined]
    ready = next(one for one in OPERATIONS if one.described["operationId"] == "isReady")
    assert ask(client, ready).status_code == 503


def test_every_documented_status_was_seen() -> None:
    documented = {(o.method, o.path, s) for o in OPERATIONS for s in o.described["responses"]}
    assert documented == SEEN
