"""The steps of a run, in DuckDB: check an input; gather a day's events; make the tables of some days.

Each reads files and writes files of its own, so it may run in any process that sees the data folder, and twice.
"""

import csv
import secrets
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from app.catalog import File, Input, Output
from app.disk import settle, sha256
from app.settings import Settings

SQL = Path(__file__).parent / "sql"
TABLES = {
    file.stem.split("-", 1)[1]: file.read_text("utf-8") for file in sorted(SQL.glob("tables/*.sql"))
}
"""By the order of their file names; a later one may read the earlier."""
READERS = {f".{file.stem}": file.read_text("utf-8") for file in SQL.glob("read/*.sql")}
CHECK, FRESH = ((SQL / name).read_text("utf-8") for name in ("check.sql", "fresh.sql"))
REJECTS = """
insert into raw
select first(csv_line), concat('line ', line, ': ', first(error_message)) from reject_errors group by line
"""
COLUMNS = 'id, "at", source, value, kind'
NOTHING = "select uuid() as id, timestamp '2000-01-01' as \"at\", '' as source, 0.0::double as value, '' as kind where false"


class Place(NamedTuple):
    """What every step has to know."""

    settings: Settings
    run: int
    now: datetime


class Checked(NamedTuple):
    input: Input
    staged: dict[str, str]
    """By day the file with its good rows."""
    outputs: list[Output]
    """The file of its bad rows, if there are any."""


class Day(NamedTuple):
    day: str
    arrived: dict[str, str]
    """By staged file the input that it comes from."""
    standing: list[File]
    """Its events so far."""


class Gathered(NamedTuple):
    outputs: list[Output]
    removed: list[str]
    duplicates: int


class Work:
    """A database in memory that lives for one step."""

    def __init__(self, place: Place) -> None:
        self.folder = place.settings.data_folder.resolve()
        self.run = place.run
        self.db = duckdb.connect(
            config={
                "memory_limit": place.settings.pipeline_memory,
                "threads": place.settings.pipeline_threads,
                "temp_directory": str(self.folder / "tmp"),
                "autoinstall_known_extensions": False,
            }
        )
        self.db.execute("set timezone = 'UTC'")
        self.set("now", place.now.replace(tzinfo=None))

    def __enter__(self) -> "Work":
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def set(self, name: str, value: object) -> None:
        self.db.execute(f"set variable {name} = $value", {"value": value})

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()

    def count(self, sql: str) -> int:
        return int(self.ask(f"select count(*) from ({sql})")[0][0])

    def view(self, name: str, files: Iterable[str]) -> None:
        """Of files of events, by their paths below the data folder."""
        paths = [str(self.folder / file) for file in files]
        of = self.db.read_parquet(paths, hive_partitioning=True) if paths else self.db.sql(NOTHING)
        of.create_view(name)

    def write(self, table: str, day: str, sql: str, made_from: Iterable[str]) -> Output:
        """One file of a day."""
        file = self.folder / "stage" / f"{secrets.token_hex(8)}.parquet"
        file.parent.mkdir(exist_ok=True)
        (rows,) = self.ask(f"copy ({sql}) to {quoted(file)} (format parquet, compression zstd)")[0]
        return self.place(file, table, day, rows, made_from)

    def spread(self, table: str, sql: str, made_from: dict[str, list[str]]) -> list[Output]:
        """A file for each day, by the column `date`, which is in its path alone."""
        stage = self.folder / "stage" / secrets.token_hex(8)
        stage.parent.mkdir(exist_ok=True)
        written = self.ask(
            f"copy ({sql}) to {quoted(stage)} "
            "(format parquet, compression zstd, partition_by (date), return_stats)"
        )
        outputs = []
        for name, rows, *_ in written:
            day = Path(name).parent.name.removeprefix("date=")
            outputs.append(self.place(Path(name), table, day, rows, made_from[day]))
        return outputs

    def place(
        self, file: Path, table: str, day: str, rows: int, made_from: Iterable[str]
    ) -> Output:
        """Gives a written file the name that no other has."""
        path = f"{table}/date={day}/{self.run:06d}-{secrets.token_hex(4)}.parquet"
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        settle(file, target)
        return Output(
            table=table,
            day=date.fromisoformat(day),
            path=path,
            rows=rows,
            sha256=sha256(target),
            made_from=sorted(made_from),
        )


def quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def check(place: Place, source: str) -> Checked:
    """Stages the good rows of an input by day, and sets the others aside with the reason."""
    with Work(place) as work:
        path = work.folder / source
        read(work, path)
        work.db.execute(f"create temp table checked as {CHECK}")
        stage = Path("stage") / secrets.token_hex(8)
        (work.folder / "stage").mkdir(exist_ok=True)
        good = f'select {COLUMNS}, "at"::date as date from checked where reason is null'
        work.ask(
            f"copy ({good}) to {quoted(work.folder / stage)} "
            "(format parquet, partition_by (date), filename_pattern 'part', overwrite true)"
        )
        work.set("source", source)
        bad = "select getvariable('source') as input, row, reason from checked where reason is not null"
        rejected = work.count(bad)
        outputs = [work.write("rejected", str(place.now.date()), bad, [source])] if rejected else []
        rows = work.count("from raw")
        taken = Input(path=source, rows=rows, sha256=sha256(path), rejected=rejected)
        return Checked(taken, staged(work.folder, stage), outputs)


def read(work: Work, path: Path) -> None:
    """All rows as JSON into the table `raw`. What is no row has a fault; a file that is none is one such row."""
    work.db.execute("create temp table raw (row varchar, fault varchar)")
    work.set("input", str(path))
    try:
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8-sig") as file:
                header = next(csv.reader(file), [])
            work.set("columns", dict.fromkeys(header, "varchar"))
        work.db.execute(f"insert into raw select row, null from ({READERS[path.suffix]})")
        if path.suffix != ".parquet":
            work.db.execute(REJECTS)
    except (duckdb.ProgrammingError, duckdb.DataError, UnicodeError, csv.Error) as error:
        fault = str(error).splitlines()[0]
        work.db.execute(
            "insert into raw values (null, $fault)", {"fault": f"no such file: {fault}"}
        )


def staged(folder: Path, stage: Path) -> dict[str, str]:
    files = sorted((folder / stage).glob("date=*/*.parquet"))
    return {file.parent.name[5:]: file.relative_to(folder).as_posix() for file in files}


def gather(place: Place, day: Day) -> Gathered:
    """Adds what arrived to the day's events."""
    with Work(place) as work:
        work.view("arrived", day.arrived)
        work.view("standing", paths(day.standing))
        work.db.execute(f"create temp table fresh as {FRESH}")
        fresh = work.count("from fresh")
        duplicates = work.count("from arrived") - fresh
        if not fresh:
            return Gathered([], [], duplicates)
        removed = small(day.standing, fresh)
        work.view("joined", paths(removed))
        rows = f"select {COLUMNS} from fresh union all select {COLUMNS} from joined"
        sources = {*day.arrived.values(), *paths(removed)}
        events = work.write("events", day.day, f'{rows} order by source, "at", id', sources)
        return Gathered([events], paths(removed), duplicates)


def tabulate(place: Place, days: dict[str, list[str]]) -> list[Output]:
    """Makes every table of some days anew, each from the files of its events."""
    outputs = []
    with Work(place) as work:
        work.view("events", [file for files in days.values() for file in files])
        for table, sql in TABLES.items():
            made = work.spread(table, sql, days)
            work.view(table, paths(made))
            outputs += made
    return outputs


def paths(files: Iterable[File]) -> list[str]:
    return [file.path for file in files]


def small(files: list[File], rows: int) -> list[File]:
    """The newest files, as long as each is not much larger than all that is joined before it.

    So a day's events lie in few files, and a row is written anew only when its file doubles.
    """
    joined: list[File] = []
    for file in reversed(files):
        if file.rows > 2 * rows:
            break
        joined.insert(0, file)
        rows += file.rows
    return joined
