"""Train, then serve what was trained."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from server import until

from app.contract import Health, Model, Problem, Score, Scores
from app.main import create_app
from app.manifest import Manifest
from app.operations import operations
from app.registry import ModelError, Registry

SCORE = operations()["score"].path
BATCH = operations()["scoreBatch"].path
MODEL = operations()["describeModel"].path
ROW = {"hour": 9, "weekday": 2, "last": 50.0, "mean": 48.5, "trend": 0.5}


@pytest.fixture
def client(environ: dict[str, str]) -> TestClient:
    return TestClient(create_app(environ))


def copy(models: Path, to: Path) -> tuple[Manifest, Path]:
    graph, manifest = Registry(models).in_service()
    version = to / manifest.version
    version.mkdir()
    (to / "current").write_text(manifest.version)
    (version / "model.onnx").write_bytes(graph)
    (version / "manifest.json").write_text(manifest.model_dump_json())
    return manifest, version


def test_scores_one_and_many_alike(client: TestClient) -> None:
    one = client.post(SCORE, json=ROW)
    many = client.post(BATCH, json={"rows": [ROW, ROW | {"last": 80, "mean": 80}]})
    score = Score.model_validate_json(one.content)
    scores = Scores.model_validate_json(many.content)
    assert scores.values[0] == score.value == pytest.approx(50, abs=15)
    assert scores.values[1] == pytest.approx(80, abs=15)
    assert scores.model == score.model
    assert one.headers["server-timing"].startswith("validate;dur=")


def test_shows_its_card_and_is_ready(client: TestClient) -> None:
    card = Model.model_validate_json(client.get(MODEL).content)
    assert card.features == list(ROW)
    assert Health.model_validate_json(client.get("/readyz").content).status == "ok"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("{", ""),
        ("[]", ""),
        ('{"hour": 9}', "/weekday"),
        ('{"hour": 24, "weekday": 2, "last": 1, "mean": 1, "trend": 0}', "/hour"),
        ('{"hour": 9.5, "weekday": 2, "last": 1, "mean": 1, "trend": 0}', "/hour"),
        ('{"hour": 9, "weekday": 2, "last": "1", "mean": 1, "trend": 0}', "/last"),
        ('{"hour": 9, "weekday": 2, "last": NaN, "mean": 1, "trend": 0}', "/last"),
        ('{"hour": 9, "weekday": 2, "last": 1, "mean": 1, "trend": 0, "more": 1}', "/more"),
    ],
)
def test_says_what_is_wrong_and_where(client: TestClient, body: str, path: str) -> None:
    answer = client.post(SCORE, content=body, headers={"content-type": "application/json"})
    problem = Problem.model_validate_json(answer.content)
    assert answer.status_code == problem.status == 422
    assert isinstance(problem.errors, list)
    assert path in [issue.path for issue in problem.errors]


def test_serves_no_model_but_the_one_that_was_trained(models: Path, tmp_path: Path) -> None:
    with TestClient(create_app({"MODELS": str(tmp_path)})) as client:
        assert client.get("/readyz").status_code == 503
        assert client.post(SCORE, json=ROW).status_code == 503

        version = copy(models, tmp_path)[1]
        graph = (version / "model.onnx").read_bytes()
        (version / "model.onnx").write_bytes(graph + b"\0")
        with pytest.raises(ModelError, match="not the one that was trained"):
            Registry(tmp_path).in_service()
        (version / "model.onnx").write_bytes(graph)
        until(lambda: client.post(SCORE, json=ROW).status_code == 200)
