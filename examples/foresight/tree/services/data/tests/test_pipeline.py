"""From files to tables: each event once, in its own day, whatever comes twice, late or broken."""

import json
from datetime import date, datetime

import pytest

from app import catalog, runs
from app.disk import BusyError, alone, sha256
from app.engine import Local
from app.pipeline import export, lineage
from app.settings import Settings
from app.steps import TABLES
from tables import drop, row, table, tables

LATE = "2026-01-02T23:59:59.999Z"


def run(settings: Settings) -> catalog.Run | None:
    return runs.run(settings, Local())


def test_makes_tables_by_the_hour_and_by_the_day(settings: Settings) -> None:
    folder = settings.data_folder
    times = ["2026-01-04T10:00:00Z", "2026-01-04T10:59:59Z", "2026-01-04T11:00:00Z"]
    drop(folder, "a.ndjson", [row(number, at) for number, at in enumerate(times, 1)])
    run(settings)
    assert table(folder, "hourly", "source, hour, events, total, least, most, last") == [
        ("a", datetime(2026, 1, 4, 10), 2, 0.75, 0.25, 0.5, 0.5),
        ("a", datetime(2026, 1, 4, 11), 1, 0.75, 0.75, 0.75, 0.75),
    ]
    assert table(folder, "daily", "source, day::date, events, total, least, most, last") == [
        ("a", date(2026, 1, 4), 3, 1.5, 0.25, 0.75, 0.75)
    ]


def test_reads_csv_ndjson_and_parquet_alike(settings: Settings) -> None:
    folder = settings.data_folder
    drop(folder, "a.csv", f"value,id,at,source\n0.25,{row(1)['id']},2026-01-04 10:00:00,a\n")
    drop(folder, "b.ndjson", [row(2, "2026-01-04T11:00:00+01:00")])
    run(settings)
    made = next(catalog.read(folder).files("events"))
    drop(folder, "c.parquet", (folder / made.path).read_bytes())
    drop(folder, "d.ndjson", [row(3, kind="level")])
    told = run(settings)
    assert told
    assert told.duplicates == 2
    at = datetime(2026, 1, 4, 10)
    assert [line[1:] for line in table(folder, "events")] == [
        (at, "a", 0.25, None),
        (at, "a", 0.5, None),
        (at, "a", 0.75, "level"),
    ]


def test_an_event_counts_once_within_a_file_and_across_files(settings: Settings) -> None:
    folder = settings.data_folder
    drop(folder, "a.ndjson", [row(1), row(2), row(1)])
    drop(folder, "b.ndjson", [row(2), row(3)])
    run(settings)
    drop(folder, "c.ndjson", [row(3), row(4)])
    run(settings)
    assert [line[0].int for line in table(folder, "events")] == [1, 2, 3, 4]
    assert table(folder, "daily", "events, total") == [(4, 2.5)]
    assert catalog.read(folder).totals.duplicates == 3


def test_the_same_file_again_changes_no_table(settings: Settings) -> None:
    folder = settings.data_folder
    drop(folder, "a.ndjson", [row(1), row(2, LATE)])
    run(settings)
    before = {
        file.path for name in ("events", "daily") for file in catalog.read(folder).files(name)
    }
    drop(folder, "b.ndjson", [row(1), row(2, LATE)])
    again = run(settings)
    assert again
    assert (again.outputs, again.duplicates) == ([], 2)
    assert run(settings) is None
    now = catalog.read(folder)
    assert {file.path for name in ("events", "daily") for file in now.files(name)} == before
    assert len(list(folder.glob("taken/*/*.ndjson"))) == 2


def test_a_late_event_lands_in_its_own_day_and_touches_no_other(settings: Settings) -> None:
    folder = settings.data_folder
    drop(folder, "a.ndjson", [row(1), row(2, LATE)])
    run(settings)
    drop(folder, "b.ndjson", [row(3, LATE)])
    told = run(settings)
    assert told
    assert {str(output.day) for output in told.outputs} == {"2026-01-02"}
    assert table(folder, "daily", "day::date, events") == [
        (date(2026, 1, 2), 2),
        (date(2026, 1, 4), 1),
    ]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"id": ', "no JSON object"),
        ("[1]", "no JSON object"),
        ('{"at": "2026-01-04T10:00:00Z"}', "id is missing"),
        ('{"id": 7}', "id is no UUID"),
        (row(1, at="noon"), "at is no time"),
        (row(1, at="1999-12-31T23:59:59Z"), "at is before 2000"),
        (row(1, at="2999-01-01T00:00:00Z"), "at is in the future"),
        (row(1, source=""), "source has not 1 to 60 characters"),
        (row(1, value="many"), "value is no number"),
        (row(1, value=None), "value is missing"),
        (row(1, value="inf"), "value is out of range"),
        (row(1, kind="k" * 61), "kind has not 1 to 60 characters"),
    ],
)
def test_sets_a_bad_row_aside_with_the_reason(
    settings: Settings, broken: str | dict[str, object], reason: str
) -> None:
    folder = settings.data_folder
    if isinstance(broken, dict):
        drop(folder, "a.ndjson", [row(2), broken])
    else:
        drop(folder, "a.ndjson", f"{broken}\n")
        drop(folder, "b.ndjson", [row(2)])
    run(settings)
    ((file, text, told),) = table(folder, "rejected")
    assert (file, told) == ("incoming/a.ndjson", reason)
    assert broken == (json.loads(text) if isinstance(broken, dict) else text)
    assert table(folder, "daily", "events") == [(1,)]
    assert catalog.read(folder).totals.rejected == 1


def test_rows_of_a_csv_that_do_not_fit_its_header_are_set_aside_too(settings: Settings) -> None:
    good = f"{row(1)['id']},2026-01-04 10:00:00,a,1"
    lines = ["id,at,source,value", good, "short", "1,2,3,4,5", '"a"b,c', '"open,1']
    drop(settings.data_folder, "a.csv", "\n".join(lines) + "\n")
    told = run(settings)
    assert told
    assert (told.inputs[0].rows, told.inputs[0].rejected) == (5, 4)
    assert table(settings.data_folder, "daily", "events") == [(1,)]
    found = {text.strip() for (text,) in table(settings.data_folder, "rejected", '"row"')}
    assert found == set(lines[2:])


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "b.csv"])
def test_a_file_that_is_none_is_set_aside_whole_and_stops_nothing(
    settings: Settings, name: str
) -> None:
    drop(settings.data_folder, name, b"" if name == "a.csv" else b"\xff\xfe\x00")
    drop(settings.data_folder, "good.ndjson", [row(1)])
    told = run(settings)
    assert told
    assert (told.inputs[0].rows, told.inputs[0].rejected) == (1, 1)
    assert table(settings.data_folder, "daily", "events") == [(1,)]


def test_leaves_what_somebody_still_writes(settings: Settings) -> None:
    drop(settings.data_folder, ".a.ndjson", [row(1)])
    drop(settings.data_folder, "b.part", [row(1)])
    (settings.data_folder / "incoming/c.ndjson").write_text("{")
    assert run(settings) is None


def test_files_of_a_day_stay_few(settings: Settings) -> None:
    folder = settings.data_folder
    for number in range(1, 10):
        drop(folder, "a.ndjson", [row(number)])
        run(settings)
    assert len(list(catalog.read(folder).files("events"))) <= 3
    assert table(folder, "daily", "events") == [(9,)]
    assert len(list(folder.glob("*/date=*/*"))) <= 8, "files that were replaced are removed"


def test_backfill_makes_the_days_of_a_range_anew_by_the_sql_of_today(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.data_folder
    drop(
        folder,
        "a.ndjson",
        [row(1, f"2026-01-0{day}T10:00:00Z", id=row(day)["id"]) for day in (1, 2, 3)],
    )
    run(settings)
    before = tables(folder)
    again = runs.backfill(settings, Local(), date(2026, 1, 2), date(2026, 1, 3))
    assert again
    assert again.command == "backfill 2026-01-02 2026-01-03"
    assert {output.day.day for output in again.outputs} == {2, 3}
    assert tables(folder) == before
    monkeypatch.setitem(
        TABLES, "daily", "select date, count(*) + 100 as events from hourly group by date"
    )
    runs.backfill(settings, Local(), date(2026, 1, 3), date(2026, 1, 9))
    assert table(folder, "daily", "events") == [(1,), (1,), (101,)]
    assert runs.backfill(settings, Local(), date(2027, 1, 1), date(2027, 1, 2)) is None


def test_says_which_run_made_a_file_and_from_what(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings.data_folder
    drop(folder, "a.ndjson", [row(1)])
    hashed = sha256(folder / "incoming/a.ndjson")
    run(settings)
    drop(folder, "b.ndjson", [row(2)])
    run(settings)
    (file,) = catalog.read(folder).files("daily")
    assert sha256(folder / file.path) == file.sha256
    assert lineage(folder, file.path) == 0
    told = capsys.readouterr().out
    assert f"{file.path}: 1 rows, sha256 {file.sha256}" in told
    assert "made by run 2 (run)" in told
    assert f"incoming/a.ndjson, sha256 {hashed}" in told
    assert "incoming/b.ndjson" in told
    assert lineage(folder, "none.parquet") == 1


def test_exports_each_reading_once(
    settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    export(settings, None, None)
    assert capfdbinary.readouterr().out == b"source,at,value\n"
    rows = [row(day, f"2026-01-0{day}T10:00:00.25Z", source="a,b") for day in (3, 1, 2)]
    drop(settings.data_folder, "a.ndjson", [*rows, rows[0] | {"id": row(9)["id"]}])
    run(settings)
    export(settings, date(2026, 1, 2), None)
    assert capfdbinary.readouterr().out.splitlines() == [
        b"source,at,value",
        b'"a,b",2026-01-02T10:00:00.250000Z,0.5',
        b'"a,b",2026-01-03T10:00:00.250000Z,0.75',
    ]


def test_one_run_at_a_time(settings: Settings) -> None:
    drop(settings.data_folder, "a.ndjson", [row(1)])
    with alone(settings.data_folder / "lock"), pytest.raises(BusyError):
        run(settings)
    assert run(settings)


def test_a_catalog_that_is_gone_is_no_empty_one(settings: Settings) -> None:
    drop(settings.data_folder, "a.ndjson", [row(1)])
    run(settings)
    (settings.data_folder / catalog.CATALOG).unlink()
    drop(settings.data_folder, "b.ndjson", [row(2)])
    with pytest.raises(ValueError, match="is gone"):
        run(settings)
    assert list(settings.data_folder.glob("events/*/*"))
