"""Drift, feedback, and the page that shows them."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from server import BATCH, OUTCOME, ROW, SCORE, WATCH

from app.contract import Watch
from app.main import create_app
from app.registry import Registry


@pytest.fixture
def client(environ: dict[str, str], tmp_path: Path) -> TestClient:
    return TestClient(create_app(environ | {"FEEDBACK": str(tmp_path / "feedback")}))


def watch(client: TestClient) -> Watch:
    return Watch.model_validate_json(client.get(WATCH).content)


def drift(client: TestClient) -> dict[str, float]:
    return {one.name: one.psi for one in watch(client).drift}


def usual(models: Path, count: int) -> list[dict[str, float]]:
    """Rows that lie as the manifest says that those lay that were learned from."""
    manifest = Registry(models).in_service()[1]
    rows: list[dict[str, float]] = [{} for _ in range(count)]
    for step, name in enumerate(manifest.features):
        edges, shares = manifest.edges[name], manifest.shares[name]
        ends = [edges[0] - 2, *edges, edges[-1] + 2]
        inside = [(low + high) / 2 for low, high in pairwise(ends)]
        if name in ("hour", "weekday"):  # whole numbers, each an edge
            inside = [max(edges[0] - 1, 0), *edges]
        counts = [round(share * count) for share in shares]
        column = [value for value, n in zip(inside, counts, strict=True) for _ in range(n)]
        column = [*column, *[inside[-1]] * count][:count]
        for at, value in enumerate(column):  # each feature in another order: count is prime
            rows[at * (step + 1) % count][name] = value
    return rows


def test_drift_rises_where_rows_have_moved(client: TestClient, models: Path) -> None:
    assert client.post(SCORE, json=ROW).is_success
    assert drift(client) == {}  # one row tells nothing
    rows = usual(models, 997)
    assert client.post(BATCH, json={"rows": rows}).is_success
    before = drift(client)
    assert all(before[name] < 0.1 for name in rows[0])
    moved = [row | {"last": row["last"] + 40} for row in rows]
    assert client.post(BATCH, json={"rows": moved}).is_success
    after = drift(client)
    assert after["last"] > 0.25 > 0.1 > after["hour"]
    assert after["score"] > before["score"]
    assert f'drift_psi{{of="last"}} {after["last"]:.2f}' in client.get("/metrics").text
    assert watch(client).rows == 1 + 2 * 997
    assert watch(client).window == 1_024


def test_an_outcome_told_twice_counts_once(client: TestClient, tmp_path: Path) -> None:
    value = client.post(SCORE, json=ROW).json()["value"]
    told = {"key": "a", "row": ROW, "outcome": value + 3}
    for _ in range(2):
        assert client.post(OUTCOME, json=told).status_code == 204
    (file,) = (tmp_path / "feedback").iterdir()
    (line,) = map(json.loads, file.read_text().splitlines())
    assert line == told | {"at": line["at"]}
    found = watch(client).outcomes
    assert found.count == 1
    assert found.error == pytest.approx(3, abs=0.001)


def test_outcomes_outlive_the_service_and_a_line_that_was_cut_off(
    environ: dict[str, str], tmp_path: Path
) -> None:
    settings = environ | {"FEEDBACK": str(tmp_path), "MAX_OUTCOMES": "2"}
    told = {"key": "a", "row": ROW, "outcome": 1}
    assert TestClient(create_app(settings)).post(OUTCOME, json=told).status_code == 204
    (file,) = tmp_path.iterdir()
    with file.open("a") as broken:
        broken.write('{"key": "b", "ro')
    again = TestClient(create_app(settings))
    keys = ["a", "b", "c"]
    statuses = [again.post(OUTCOME, json=told | {"key": key}).status_code for key in keys]
    assert statuses == [204, 204, 507]
    lines = file.read_text().splitlines()
    assert [json.loads(line)["key"] for line in (lines[0], lines[2])] == ["a", "b"]


def test_the_page_needs_no_token(environ: dict[str, str]) -> None:
    client = TestClient(create_app(environ | {"SERVICE_TOKEN": "secret"}))
    for file in ("", "watch.js", "links.js", "watch.css"):
        assert client.get(f"/watch/{file}").is_success
    assert client.get(WATCH).is_success
    assert client.post(SCORE, json=ROW).status_code == 401
