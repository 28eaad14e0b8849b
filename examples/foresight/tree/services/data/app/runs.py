"""A run from its beginning to its end; one at a time for a data folder."""

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from time import time

from app import catalog as catalogs
from app.catalog import Catalog, File, Run
from app.disk import alone
from app.engine import Engine, shown
from app.inbox import seal_left, sealed
from app.settings import Settings
from app.steps import READERS, SQL, Checked, Day, Gathered, Place, check, gather, paths, tabulate

SETTLED = 2.0
"""Seconds for which nobody may have written to a file in data/incoming before it is taken."""

GROUP = 10
"""Days whose tables are made by one step."""


def run(settings: Settings, engine: Engine) -> Run | None:
    """Takes what waits. Without anything it does nothing, so it may be called at any time."""
    folder = settings.data_folder
    with alone(folder / "lock"):
        catalog = begin(folder)
        inputs = [path.relative_to(folder).as_posix() for path in waiting(folder)]
        if not inputs:
            return None
        place = Place(settings, catalog.run + 1, datetime.now(UTC))
        checked = shown(engine.map(check, place, inputs), "check", len(inputs))
        standing = catalog.tables.get("events", {})
        days = [Day(day, new, standing.get(day, [])) for day, new in by_day(checked).items()]
        gathered = shown(engine.map(gather, place, days), "gather", len(days))
        changed = {str(event.day) for one in gathered for event in one.outputs}
        return make(place, engine, catalog, "run", changed, checked, gathered)


def backfill(settings: Settings, engine: Engine, first: date, last: date) -> Run | None:
    """Makes the tables of the days from first to last anew, by the SQL as it is now."""
    folder = settings.data_folder
    with alone(folder / "lock"):
        catalog = begin(folder)
        place = Place(settings, catalog.run + 1, datetime.now(UTC))
        events = catalog.tables.get("events", {})
        days = {day for day, files in events.items() if files and str(first) <= day <= str(last)}
        if not days:
            return None
        return make(place, engine, catalog, f"backfill {first} {last}", days)


def begin(folder: Path) -> Catalog:
    """Ends what a killed run left in the middle."""
    catalog = catalogs.begin(folder)
    catalogs.clean(folder, catalog)
    seal_left(folder / "inbox")
    for scratch in ("stage", "tmp"):
        shutil.rmtree(folder / scratch, ignore_errors=True)
    return catalog


def waiting(folder: Path) -> list[Path]:
    """The oldest first; a run takes them all."""
    settled = time() - SETTLED
    dropped = [
        path
        for path in sorted((folder / "incoming").glob("[!.]*"))
        if path.suffix in READERS and path.stat().st_mtime < settled
    ]
    return [*sealed(folder / "inbox"), *dropped]


def by_day(checked: list[Checked]) -> dict[str, dict[str, str]]:
    """The staged files of each day, with the input that each comes from."""
    days: dict[str, dict[str, str]] = defaultdict(dict)
    for one in checked:
        for day, staged in one.staged.items():
            days[day][staged] = one.input.path
    return dict(sorted(days.items()))


def make(
    place: Place,
    engine: Engine,
    catalog: Catalog,
    command: str,
    days: set[str],
    checked: Sequence[Checked] = (),
    gathered: Sequence[Gathered] = (),
) -> Run:
    """Makes the tables of the days anew, and commits it all."""
    folder = place.settings.data_folder
    removed = [path for one in gathered for path in one.removed]
    outputs = [output for one in checked for output in one.outputs]
    outputs += [output for one in gathered for output in one.outputs]
    events = {
        day: [path for path in paths(catalog.of(day).pop("events", [])) if path not in removed]
        + [output.path for output in outputs if (output.table, str(output.day)) == ("events", day)]
        for day in sorted(days)
    }
    groups = [dict(list(events.items())[at : at + GROUP]) for at in range(0, len(events), GROUP)]
    for made in shown(engine.map(tabulate, place, groups), "tables", len(groups)):
        outputs += made
    for day in days:
        old = catalog.of(day)
        removed += [file.path for table in old if table != "events" for file in old[table]]
    run = Run(
        number=place.run,
        command=command,
        code=code(),
        started=place.now,
        ended=datetime.now(UTC),
        inputs=sorted((one.input for one in checked), key=path_of),
        outputs=sorted(outputs, key=path_of),
        removed=sorted(removed),
        duplicates=sum(one.duplicates for one in gathered),
    )
    catalogs.clean(folder, catalogs.commit(folder, catalog, run))
    shutil.rmtree(folder / "stage", ignore_errors=True)
    return run


def path_of(file: File) -> str:
    return file.path


def code() -> str:
    """Sum of what a run is made of: with another one the same input may give other tables."""
    files = [*SQL.rglob("*.sql"), *SQL.parent.glob("*.py")]
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()
