"""`python -m app.pipeline run`: from what waits to the tables. Also backfill, export, status and lineage."""

import argparse
import os
import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from app import catalog, config, runs
from app.catalog import Run
from app.disk import BusyError, alone
from app.engine import engine
from app.settings import Settings
from app.steps import Place, Work, paths, quoted

EXPORT = """
select distinct on (source, "at") source, strftime("at", '%Y-%m-%dT%H:%M:%S.%fZ') as "at", value
from events order by "at", source
"""


def main() -> int:
    given = parser().parse_args()
    try:
        settings = config.read(Settings, os.environ)
        match given.command:
            case "run":
                say(runs.run(settings, engine(settings)))
            case "backfill":
                say(runs.backfill(settings, engine(settings), given.first, given.last))
            case "export":
                export(settings, given.first, given.last)
            case "status":
                status(settings.data_folder)
            case _:
                return lineage(settings.data_folder, given.file)
    except (config.ConfigError, BusyError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m app.pipeline", description=__doc__)
    commands = whole.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="take what waits, and bring the tables up to date")
    again = commands.add_parser("backfill", help="make the tables of some days anew")
    out = commands.add_parser("export", help="write source, at and value of the events as CSV")
    for command in (again, out):
        needed = command is again
        command.add_argument("--from", dest="first", type=date.fromisoformat, required=needed)
        command.add_argument("--to", dest="last", type=date.fromisoformat, required=needed)
    commands.add_parser("status", help="tell how it stands")
    line = commands.add_parser("lineage", help="tell which run made a file, and from what")
    line.add_argument("file", help="its name, or its path below the data folder")
    return whole


def say(run: Run | None) -> None:
    if not run:
        print("nothing to do")
        return
    rejected = sum(one.rejected for one in run.inputs)
    print(f"run {run.number}: {len(run.inputs)} inputs, {len(run.outputs)} files made")
    print(f"  {run.duplicates} duplicates left out, {rejected} rows set aside")


def export(settings: Settings, first: date | None, last: date | None) -> None:
    """To standard output, the oldest first. Meanwhile no run takes files away."""
    with alone(settings.data_folder / "lock"), TemporaryDirectory() as folder:
        file = Path(folder, "events.csv")
        with Work(Place(settings, 0, datetime.now(UTC))) as work:
            work.view("events", paths(catalog.read(work.folder).files("events", first, last)))
            work.ask(f"copy ({EXPORT}) to {quoted(file)} (format csv, header)")
        with file.open("rb") as content:
            shutil.copyfileobj(content, sys.stdout.buffer)


def status(folder: Path) -> None:
    now = catalog.read(folder)
    print(f"run {now.run} ended {now.ended or 'never'}")
    for name in sorted(now.tables):
        files = list(now.files(name))
        print(f"  {name:10} {sum(file.rows for file in files):12,} rows in {len(files)} files")
    total = now.totals
    print(f"  {total.duplicates:,} duplicates left out, {total.rejected:,} rows set aside so far")
    print(f"  {len(runs.waiting(folder))} files wait")


def lineage(folder: Path, name: str) -> int:
    """From the file back to the inputs of its rows, the newest run first."""
    wanted = {name.replace(os.sep, "/")}
    found = False
    for run in catalog.runs(folder):
        for file in run.outputs:
            if file.path in wanted or file.path.rsplit("/", 1)[1] in wanted:
                found = True
                print(f"{file.path}: {file.rows} rows, sha256 {file.sha256}")
                print(
                    f"  made by run {run.number} ({run.command}) at {run.ended:%Y-%m-%dT%H:%M:%SZ}"
                )
                for source in file.made_from:
                    print(f"  from {source}{given(run, source)}")
                wanted.update(file.made_from)
    if not found:
        print(f"error: no run made {name}", file=sys.stderr)
    return 0 if found else 1


def given(run: Run, source: str) -> str:
    return next((f", sha256 {one.sha256}" for one in run.inputs if one.path == source), "")


if __name__ == "__main__":
    sys.exit(main())
