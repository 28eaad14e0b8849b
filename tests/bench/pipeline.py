"""Windowed aggregates over 1, 10 and 50 million events: the pipeline's backfill against bare DuckDB on the same files.

`python pipeline.py SERVICE ROUNDS MILLIONS...`, by the Python of services/data; prints a Markdown table. CPU is that of the work itself,
without the start of Python, by all threads; memory is the peak of the whole process.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

SERVICE = Path(sys.argv[1]).resolve()
PER_DAY = 1_000_000
FIRST = date(2026, 1, 1)
SOURCES = 200


def make(folder: Path, millions: int) -> None:
    """A day for each million, as the pipeline itself would have written it."""
    from app import catalog
    from app.settings import Settings
    from app.steps import COLUMNS, Place, Work

    now = datetime.now(UTC)
    begun = catalog.begin(folder)
    outputs = []
    with Work(Place(Settings(data_folder=folder), 1, now)) as work:
        for number in range(millions):
            day = FIRST + timedelta(days=number)
            rows = f"""
              select uuid() as id, timestamp '{day}' + to_milliseconds((hash(i, {number}) % 86400000)::bigint) as "at",
                'source-' || hash(i, {number}, 1) % {SOURCES} as source, (hash(i, {number}, 2) % 4000) / 4.0 as value, null::varchar as kind
              from range({PER_DAY}) as numbers(i)"""
            outputs.append(work.write("events", str(day), f"select {COLUMNS} from ({rows}) order by source, \"at\", id", []))
    run = {"number": 1, "command": "bench", "code": "", "started": now, "ended": now, "duplicates": 0}
    catalog.commit(folder, begun, catalog.Run(**run, inputs=[], outputs=outputs, removed=[]))


def ours(folder: Path) -> None:
    from app import runs
    from app.engine import Local
    from app.settings import Settings

    timed(lambda: runs.backfill(Settings(data_folder=folder), Local(), FIRST, date(2030, 1, 1)))


def bare(folder: Path) -> None:
    import duckdb

    from app.steps import TABLES

    def work() -> None:
        with duckdb.connect(config={"memory_limit": "256MB", "threads": 2, "temp_directory": str(folder / "tmp")}) as db:
            files = sorted(map(str, folder.glob("events/*/*.parquet")))
            db.read_parquet(files, hive_partitioning=True).create_view("events")
            for table, sql in TABLES.items():
                path = folder / f"bare-{table}.parquet"
                db.execute(f"copy ({sql}) to '{path}' (format parquet, compression zstd)").fetchall()
                db.read_parquet([str(path)]).create_view(table)

    timed(work)


def timed(work: object) -> None:
    assert callable(work)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    print(time.process_time() - cpu, time.perf_counter() - wall)


def measure(who: str, folder: Path) -> SimpleNamespace:
    command = [sys.executable, __file__, str(SERVICE), who, str(folder)]
    child = subprocess.Popen(command, cwd=SERVICE, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, said
    cpu, wall = map(float, said.split())
    return SimpleNamespace(cpu=cpu, wall=wall, whole=usage.ru_utime + usage.ru_stime, memory=usage.ru_maxrss / 1024)


def same(folder: Path) -> None:
    import duckdb
    from tables import table

    with duckdb.connect() as db:
        for name in ("hourly", "daily"):
            assert table(folder, name) == db.execute(f"select * exclude (date) from '{folder}/bare-{name}.parquet' order by all").fetchall()


def main(rounds: int, sizes: list[int]) -> None:
    print("| events (M) | pipeline CPU s | bare CPU s | CPU ÷ bare | pipeline wall s | pipeline MB | bare MB | whole process CPU ÷ bare |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for millions in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            subprocess.run([sys.executable, __file__, str(SERVICE), "make", name, str(millions)], cwd=SERVICE, check=True)
            pairs = [(measure("ours", folder), measure("bare", folder)) for _ in range(rounds)]
            subprocess.run([sys.executable, __file__, str(SERVICE), "same", name], cwd=SERVICE, check=True)
        middle = lambda of: statistics.median(of(mine, other) for mine, other in pairs)  # noqa: E731
        figures = [
            f"{middle(lambda a, b: a.cpu):.2f}",
            f"{middle(lambda a, b: b.cpu):.2f}",
            f"{middle(lambda a, b: a.cpu / b.cpu):.2f}",
            f"{middle(lambda a, b: a.wall):.2f}",
            f"{max(a.memory for a, _ in pairs):.0f}",
            f"{max(b.memory for _, b in pairs):.0f}",
            f"{middle(lambda a, b: a.whole / b.whole):.2f}",
        ]
        print(f"| {millions} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    sys.path[:0] = [str(SERVICE), str(SERVICE / "tests")]
    match sys.argv[2:]:
        case ["make", name, millions]:
            make(Path(name), int(millions))
        case ["ours", name]:
            ours(Path(name))
        case ["bare", name]:
            bare(Path(name))
        case ["same", name]:
            same(Path(name))
        case [rounds, *sizes]:
            main(int(rounds), [int(size) for size in sizes])
