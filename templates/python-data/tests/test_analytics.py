"""The tables are given page by page, checked by the contract, as JSON and as Arrow alike."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from nanoarrow import ArrayStream

from app import questions
from app.contract import Problem, SourcePage, TablePage
from app.engine import Local
from app.main import create_app
from app.operations import operations
from app.questions import ARROW
from app.runs import run
from app.settings import Settings
from tables import drop, row, table

TABLE = operations()["readTable"].path
SOURCES = operations()["listSources"].path
SLOW = """(select timestamp '2026-01-01' + to_seconds(range) as hour, date '2026-01-01' as date, md5(range::varchar) as source,
  1::bigint as events, 0.0::double as total, 0.0::double as least, 0.0::double as most, 0.0::double as "last",
  timestamp '2026-01-01' as last_at from range(200_000_000))"""
"""A table that takes many seconds to read."""


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return TestClient(create_app({"DATA_FOLDER": str(tmp_path)}))


def fill(folder: Path, start: int, sources: str = "abc") -> None:
    """Ten hours of two days for each source."""
    ats = [f"2026-01-0{4 + hour // 6}T{hour:02}:00:00Z" for hour in range(10)]
    events = [(at, source) for at in ats for source in sources]
    rows = [row(start + n, at, source=source) for n, (at, source) in enumerate(events)]
    drop(folder, f"{start}.ndjson", rows)
    assert run(Settings(data_folder=folder), Local())


def read(client: TestClient, **asked: Any) -> TablePage:
    answer = client.get(TABLE, params=asked)
    assert answer.status_code == 200, answer.text
    return TablePage.model_validate_json(answer.content)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("table", "events"),
        ("from", "2026-02-30"),
        ("from", "2026-01-04T00:00:00"),
        ("to", "1767569400"),
        ("to", "2025-12-31"),
        ("source", ""),
        ("source", "a" * 61),
        ("cursor", "WzFd"),
        ("cursor", "*"),
        ("limit", "0"),
        ("limit", "10001"),
        ("sources", "a"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(
    client: TestClient, name: str, value: str
) -> None:
    answer = client.get(TABLE, params={"from": "2026-01-01"} | {name: value})
    problem = Problem.model_validate_json(answer.content)
    assert answer.status_code == 422
    assert isinstance(problem.errors, list)
    assert [issue.path.removesuffix("/0") for issue in problem.errors] == [f"query/{name}"]


def test_without_a_run_there_are_no_rows(client: TestClient) -> None:
    assert read(client).rows == []
    answer = client.get(TABLE, headers={"accept": ARROW})
    assert ArrayStream.from_readable(io.BytesIO(answer.content)).read_all().to_pylist() == []


def test_gives_what_was_asked_for(client: TestClient, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    found = read(client, source="b", **{"from": "2026-01-05", "to": "2026-01-05"}).rows
    assert [(one.at.hour, one.source) for one in found] == [(hour, "b") for hour in range(6, 10)]
    both = read(client, source=["c", "a", "nobody", "a"], table="daily").rows
    assert [(one.source, one.events) for one in both] == [("a", 6), ("c", 6), ("a", 4), ("c", 4)]
    daily = read(client, table="daily")
    assert [one.events for one in daily.rows] == [6, 6, 6, 4, 4, 4]
    assert daily.run == 1


def test_pages_join_to_the_whole_while_the_pipeline_runs(
    client: TestClient, tmp_path: Path
) -> None:
    fill(tmp_path, 1)
    page, seen = read(client, limit=4), []
    for start in range(100, 1200, 100):
        seen += [(one.at, one.source) for one in page.rows]
        if not isinstance(page.next, str):
            break
        fill(tmp_path, start)
        page = read(client, limit=4, cursor=page.next)
    whole = [(one.at, one.source) for one in read(client).rows]
    assert seen == whole
    assert len(set(whole)) == 30


def test_lists_the_sources_page_by_page(client: TestClient, tmp_path: Path) -> None:
    def listed(**asked: Any) -> SourcePage:
        answer = client.get(SOURCES, params=asked)
        assert answer.status_code == 200, answer.text
        return SourcePage.model_validate_json(answer.content)

    assert listed() == SourcePage(run=0, sources=[])
    fill(tmp_path, 1)
    fill(tmp_path, 100, sources="bd")
    found = listed()
    counts = [(one.source, one.events) for one in found.sources]
    assert counts == [("a", 10), ("b", 20), ("c", 10), ("d", 10)]
    first = found.sources[0]
    assert (first.since.isoformat(), first.lastAt.hour) == ("2026-01-04T00:00:00+00:00", 9)
    one, other = listed(limit=3), listed(limit=3, cursor="c")
    assert (one.sources + other.sources, one.next, other.run) == (found.sources, "c", 2)
    answer = client.get(SOURCES)
    known = {"if-none-match": answer.headers["etag"]}
    assert client.get(SOURCES, headers=known).status_code == 304
    assert client.get(SOURCES, params={"sources": "a"}).status_code == 422


def test_arrow_says_the_same_as_json(client: TestClient, tmp_path: Path) -> None:
    fill(tmp_path, 1)
    answer = client.get(TABLE, params={"limit": 7}, headers={"accept": ARROW})
    page = read(client, limit=7)
    rows = ArrayStream.from_readable(io.BytesIO(answer.content)).read_all().to_pylist()
    assert rows == [one.model_dump() for one in page.rows]
    assert (len(rows), answer.headers["next-cursor"]) == (7, page.next)
    assert answer.headers["content-type"] == ARROW


def test_what_is_known_is_not_given_again_until_a_run_ends(
    client: TestClient, tmp_path: Path
) -> None:
    fill(tmp_path, 1)
    tag = client.get(TABLE).headers["etag"]
    assert client.get(TABLE, headers={"if-none-match": tag}).status_code == 304
    other = client.get(TABLE, headers={"if-none-match": tag, "accept": ARROW})
    assert other.status_code == 200
    fill(tmp_path, 100)
    changed = client.get(TABLE, headers={"if-none-match": tag})
    assert (changed.status_code, changed.json()["rows"][0]["events"]) == (200, 2)


def test_keeps_answers_within_its_bound(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    client = TestClient(create_app({"DATA_FOLDER": str(tmp_path), "ANSWERS_KEPT": "2000"}))
    for limit in (1, 2, 3, 30, 5, 6, 7):
        read(client, limit=limit)
    kept = client.app.state.tables.known  # type: ignore[attr-defined]
    assert 0 < sum(len(answer.body) for answer in kept.values()) <= 2000


def test_says_so_when_it_is_full_and_answers_what_it_knows(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    client = TestClient(create_app({"DATA_FOLDER": str(tmp_path), "QUESTIONS": "1"}))
    assert len(read(client).rows) == len(table(tmp_path, "hourly"))
    tables = client.app.state.tables  # type: ignore[attr-defined]
    begun, go, look = Event(), Event(), tables.look

    def slow(*asked: Any) -> Any:
        begun.set()
        assert go.wait(30)
        return look(*asked)

    tables.look = slow
    with client, ThreadPoolExecutor() as pool:
        first = pool.submit(client.get, TABLE, params={"limit": 2})
        assert begun.wait(30)
        answer = client.get(TABLE, params={"limit": 1})
        known = client.get(TABLE)
        go.set()
        assert first.result().status_code == 200
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert known.status_code == 200


@pytest.mark.parametrize("media", ["application/json", ARROW])
def test_a_question_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media: str
) -> None:
    settings = {"DATA_FOLDER": str(tmp_path), "QUESTION_SECONDS": "0.3", "QUESTIONS": "1"}
    client = TestClient(create_app(settings))
    with monkeypatch.context() as slow:
        slow.setattr(questions, "NOTHING", SLOW)
        answer = client.get(TABLE, headers={"accept": media})
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.status) == (504, 504)
    assert str(problem.detail).startswith("It took longer than 0.3 seconds. Ask for fewer days")
    assert read(client).rows == [], "the next one has its place, and is answered"
