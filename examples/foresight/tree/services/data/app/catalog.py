"""Which files are the tables now, and which run made each of them from what.

data/catalog.json is the commit: a run writes files that nobody sees, then its record, then names the files in the
catalog, which is replaced by one rename. Whatever kills a run before that, the tables are as they were.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, Field

from app.disk import replace, sha256

CATALOG = "catalog.json"


class File(BaseModel):
    path: str
    """Below the data folder, with slashes."""
    rows: int
    sha256: str


class Input(File):
    rejected: int
    """Of its rows, those that were set aside."""


class Output(File):
    table: str
    day: date
    made_from: list[str]
    """Paths of the inputs and of earlier outputs."""


class Run(BaseModel):
    """What a run did: data/runs/<number>.json."""

    number: int
    command: str
    code: str
    """Sum of app/sql and of what runs it."""
    started: AwareDatetime
    ended: AwareDatetime
    inputs: list[Input]
    outputs: list[Output]
    removed: list[str]
    """Files whose rows are in the outputs now."""
    duplicates: int


class Totals(BaseModel):
    events: int = 0
    duplicates: int = 0
    rejected: int = 0


Tables = dict[str, dict[str, list[File]]]
"""By name and day; the oldest file first."""


class Catalog(BaseModel):
    run: int = 0
    """The last one that came to its end."""
    ended: AwareDatetime | None = None
    totals: Totals = Totals()
    tables: Tables = Field(default_factory=dict)

    def files(
        self, table: str, first: date | None = None, last: date | None = None
    ) -> Iterator[File]:
        """Of the days from first to last, both included."""
        for day, files in sorted(self.tables.get(table, {}).items()):
            if (not first or day >= str(first)) and (not last or day <= str(last)):
                yield from files

    def of(self, day: str) -> dict[str, list[File]]:
        """The files of a day by table; what was rejected that day is none of its tables."""
        found = {name: days.get(day, []) for name, days in self.tables.items()}
        return {name: files for name, files in found.items() if files and name != "rejected"}

    def after(self, run: Run) -> "Catalog":
        tables: Tables = {
            name: {
                day: [file for file in files if file.path not in run.removed]
                for day, files in days.items()
            }
            for name, days in self.tables.items()
        }
        for made in run.outputs:
            file = File(path=made.path, rows=made.rows, sha256=made.sha256)
            tables.setdefault(made.table, {}).setdefault(str(made.day), []).append(file)
        totals = Totals(
            events=sum(file.rows for files in tables.get("events", {}).values() for file in files),
            duplicates=self.totals.duplicates + run.duplicates,
            rejected=self.totals.rejected + sum(file.rejected for file in run.inputs),
        )
        return Catalog(run=run.number, ended=run.ended, totals=totals, tables=tables)


def read(folder: Path) -> Catalog:
    """Raises ValueError when it is damaged or gone: that is for a person to look at."""
    path = folder / CATALOG
    if path.exists():
        return Catalog.model_validate_json(path.read_bytes())
    if (folder / "events").exists():
        raise ValueError(f"{path} is gone: without it nobody knows which files count")
    return Catalog()


def record(folder: Path, number: int) -> Path:
    return folder / f"runs/{number:06d}.json"


def runs(folder: Path) -> Iterator[Run]:
    """The newest first; a record without its commit is none."""
    for number in range(read(folder).run, 0, -1):
        if record(folder, number).exists():
            yield Run.model_validate_json(record(folder, number).read_bytes())


def begin(folder: Path) -> Catalog:
    """Before the first file is written there is a catalog."""
    catalog = read(folder)
    if not (folder / CATALOG).exists():
        replace(folder / CATALOG, catalog.model_dump_json().encode())
    return catalog


def commit(folder: Path, catalog: Catalog, run: Run) -> Catalog:
    path = record(folder, run.number)
    path.parent.mkdir(exist_ok=True)
    replace(path, run.model_dump_json(indent=2).encode() + b"\n")
    changed = catalog.after(run)
    replace(folder / CATALOG, changed.model_dump_json().encode())
    return changed


def clean(folder: Path, catalog: Catalog) -> None:
    """After a run, or before the next one if this was killed: what it took goes, and what nobody names.

    Files that the last run replaced stay until the next one has ended: somebody may be reading them.
    """
    last = next(runs(folder), None)
    named = {file.path for table in catalog.tables for file in catalog.files(table)}
    if last:
        named.update(last.removed)
        for taken in last.inputs:
            put_away(folder, taken, last)
    for path in folder.glob("*/date=*/*"):
        if path.relative_to(folder).as_posix() not in named:
            path.unlink()
    for unfinished in record(folder, catalog.run + 1), *folder.glob("runs/.*"):
        unfinished.unlink(missing_ok=True)


def put_away(folder: Path, taken: Input, run: Run) -> None:
    """A file of somebody else's is only moved; one that changed under its name since is another."""
    path = folder / taken.path
    if not path.exists() or sha256(path) != taken.sha256:
        return
    if path.parent.name == "inbox":
        path.unlink()
    else:
        kept = folder / f"taken/{run.number:06d}/{path.name}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        path.replace(kept)
