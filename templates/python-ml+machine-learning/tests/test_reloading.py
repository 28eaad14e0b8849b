"""Models are changed, compared and refused while the service answers; and it ends well."""

import shutil
import threading
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from server import ROW, SCORE, WATCH, Server, running, shifted, until

from app.contract import Watch
from app.main import create_app
from app.registry import Registry


@pytest.fixture
def own(models: Path, tmp_path: Path) -> Path:
    """Models that a test may change."""
    return shutil.copytree(models, tmp_path / "models")


class Load:
    """Asks without a pause, in some threads, until it is told to stop."""

    def __init__(self, server: Server, threads: int = 4) -> None:
        self.server = server
        self.told: list[tuple[int, str, float]] = []
        self.failed: list[str] = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.ask) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(20)

    def ask(self) -> None:
        with httpx2.Client(base_url=self.server.url, timeout=20) as client:
            while not self.over.is_set():
                try:
                    answer = client.post(SCORE, json=ROW)
                except httpx2.ConnectError:
                    return  # it listens no more
                except httpx2.TransportError as error:
                    self.failed.append(repr(error))
                    return
                body = answer.json()
                self.told.append((answer.status_code, body.get("model", ""), body.get("value", 0)))


def watch(server: Server) -> Watch:
    return Watch.model_validate_json(httpx2.get(server.url + WATCH).content)


def test_changes_models_under_load_without_a_failed_request(own: Path) -> None:
    registry = Registry(own)
    first = registry.in_service()[1].version
    second = shifted(own, 1)
    with running({"MODELS": str(own)}) as server:
        with Load(server) as load:
            for version in (second, first, second):
                until(lambda: len(load.told) > 20)
                registry.promote(version)
                until(lambda version=version: load.told[-1][1] == version)
        assert not load.failed
        assert {status for status, _, _ in load.told} == {200}
        values = {
            model: {value for _, one, value in load.told if one == model}
            for model in (first, second)
        }
        assert all(len(one) == 1 for one in values.values())
        assert values[second].pop() - values[first].pop() == pytest.approx(1)


@pytest.mark.parametrize("damage", ["graph", "foreign", "answers", "manifest", "missing"])
def test_refuses_a_model_that_cannot_be_trusted_and_serves_on(own: Path, damage: str) -> None:
    first = Registry(own).in_service()[1].version
    second = shifted(own, 1)
    folder = own / second
    if damage == "graph":
        (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:-1])
    elif damage == "foreign":
        (folder / "manifest.json").write_bytes((own / first / "manifest.json").read_bytes())
    elif damage == "answers":
        told = Registry(own).load(second)[1]
        told.golden[0].value += 1
        (folder / "manifest.json").write_text(told.model_dump_json())
    elif damage == "manifest":
        (folder / "manifest.json").write_text("{}")
    else:
        shutil.rmtree(folder)
    with TestClient(create_app({"MODELS": str(own)})) as client:
        (own / "current").write_text(second)
        until(lambda: client.get(WATCH).json()["loadsRefused"] == 1)
        answer = client.post(SCORE, json=ROW)
        assert (answer.status_code, answer.json()["model"]) == (200, first)
        assert client.get("/readyz").is_success
        (own / "current").write_text(first)
        assert client.post(SCORE, json=ROW).json()["model"] == first


def test_a_shadow_is_compared_and_never_answers(own: Path) -> None:
    registry = Registry(own)
    first = registry.in_service()[1].version
    candidate = shifted(own, 2)
    registry.set_shadow(candidate)
    with TestClient(create_app({"MODELS": str(own)})) as client:
        until(lambda: "shadow" in client.get(WATCH).json())
        answers = [client.post(SCORE, json=ROW).json() for _ in range(30)]
        assert {answer["model"] for answer in answers} == {first}
        until(lambda: client.get(WATCH).json()["shadow"]["rows"] == 30)
        shadow = client.get(WATCH).json()["shadow"]
        assert shadow["model"] == candidate
        assert shadow["difference"] == shadow["largest"] == pytest.approx(2, abs=0.001)
        assert f'shadow_rows_total{{model="{candidate}"}} 30.0' in client.get("/metrics").text
        registry.set_shadow(None)
        until(lambda: "shadow" not in client.get(WATCH).json())


def test_ends_well_under_load(environ: dict[str, str]) -> None:
    with running(environ) as server, Load(server) as load:
        until(lambda: len(load.told) > 50)
        assert server.stop() == 0
        for thread in load.threads:
            thread.join(20)
    assert not load.failed
    assert {status for status, _, _ in load.told} == {200}
