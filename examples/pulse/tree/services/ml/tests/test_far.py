"""A registry at a URL: what it names is taken; where it is wrong or silent the last model serves on."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from server import ROW, SCORE, WATCH, shifted, until

from app import store
from app.config import ConfigError
from app.contract import Problem
from app.main import create_app
from app.place import place
from app.registry import Registry
from app.store import SILENT, Role, Store, Wrong


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FAR", 0.1)


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}://{tmp_path.as_posix()}/models"


@pytest.fixture
def far(url: str, models: Path) -> Registry:
    registry = Registry(place(url))
    graph, manifest = Registry(models).in_service()
    registry.publish(graph, manifest, "")
    registry.promote(manifest.version)
    return registry


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    with TestClient(create_app({"MODELS": url})) as client:
        yield client


def answered(client: TestClient) -> str:
    answer = client.post(SCORE, json=ROW)
    return str(answer.json()["model"]) if answer.is_success else ""


def wrong(client: TestClient) -> dict[Role, Wrong]:
    known: Store = client.app.state.store  # type: ignore[attr-defined]
    return known.wrong


def test_is_waited_for_and_followed(client: TestClient, models: Path, far: Registry) -> None:
    first = far.current()
    until(lambda: answered(client) == first)
    assert client.get("/readyz").is_success
    second = shifted(far.folder, 1)
    far.promote(second)
    until(lambda: answered(client) == second)
    far.roll_back()
    until(lambda: answered(client) == first)


def test_a_damaged_model_is_refused_once(client: TestClient, far: Registry) -> None:
    first = far.current()
    until(lambda: answered(client) == first)
    second = shifted(far.folder, 1)
    graph = far.folder / second / "model.onnx"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:-1])
    (far.folder / "current").write_text(second)
    until(lambda: client.get(WATCH).json()["loadsRefused"] == 1)
    assert answered(client) == first
    assert client.get("/readyz").is_success
    graph.write_bytes(whole)
    far.promote(first)
    until(lambda: not wrong(client))
    far.promote(second)
    until(lambda: answered(client) == second)
    assert client.get(WATCH).json()["loadsRefused"] == 1


def test_serves_on_while_it_is_silent(models: Path, tmp_path: Path) -> None:
    """To open what is in a folder is an error where the folder is a file, and not an absence."""
    folder, away = tmp_path / "models", tmp_path / "away"
    folder.write_text("")
    with TestClient(create_app({"MODELS": f"file://{folder.as_posix()}"})) as client:
        until(lambda: "current" in wrong(client))
        assert client.get("/readyz").status_code == 503
        told = Problem.model_validate_json(client.post(SCORE, json=ROW).content)
        assert (told.status, told.detail) == (503, SILENT)
        folder.unlink()
        first = Registry(shutil.copytree(models, folder)).current()
        until(lambda: answered(client) == first)
        folder.rename(away)
        folder.write_text("")
        until(lambda: "current" in wrong(client))
        assert answered(client) == first
        assert client.get("/readyz").is_success
        second = shifted(away, 1)
        Registry(away).promote(second)
        folder.unlink()
        away.rename(folder)
        until(lambda: answered(client) == second)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe is what never answers")
def test_answers_while_the_registry_keeps_it_waiting(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOOK", 0.1)
    folder = shutil.copytree(models, tmp_path / "models")
    first, second = Registry(folder).current(), shifted(folder, 1)
    with TestClient(create_app({"MODELS": str(folder)})) as client:
        (folder / "current").unlink()
        os.mkfifo(folder / "current")
        pipe: list[int] = []

        def read() -> bool:
            """Somebody has opened it, who now waits for what it says."""
            with suppress(OSError):
                pipe.append(os.open(folder / "current", os.O_WRONLY | os.O_NONBLOCK))
            return bool(pipe)

        until(read)
        try:
            assert {answered(client) for _ in range(20)} == {first}
        finally:
            (folder / "current").unlink()
            (folder / "current").write_text(second)
            os.close(pipe[0])
        until(lambda: answered(client) == second)


def test_says_what_is_wrong_with_a_url() -> None:
    with pytest.raises(ConfigError, match=r"MODELS=nothing://models: .*nothing"):
        create_app({"MODELS": "nothing://models"})
