"""What is wrong with data, before anything learns from it: in which row and column, and why."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, Strict, TypeAdapter, ValidationError

from app import features
from app.contract import Features
from app.dataset import Examples, Readings
from app.strict import AwareDatetime, BaseModel

SHOWN = 10
ENOUGH = 500
"""Examples; with fewer, chance decides which model is the better one."""
SAME = 0.01
"""How much of what judges a model may repeat what it learned from: sources may stand still."""

Text = Annotated[str, Field(min_length=1)]
BOUNDS = [one for one in Features.model_fields["last"].metadata if one != Strict()]
Value = Annotated[float, *BOUNDS]
"""As the contract has it, except that a file has only text."""


class Reading(BaseModel):
    """A line of the user's file; columns of other names are left alone."""

    source: Text
    at: AwareDatetime
    value: Value


class DataError(Exception):
    """One fault a line, each with its place."""

    def __init__(self, faults: list[str]) -> None:
        more = [f"and {len(faults) - SHOWN:,} more"] if len(faults) > SHOWN else []
        super().__init__("\n".join([*faults[:SHOWN], *more]))


def read(file: Path) -> Readings:
    """A CSV file with a header: source, at (RFC 3339 in UTC), value."""
    lines, rows = table(file)
    try:
        found = TypeAdapter(list[Reading]).validate_python(rows)
    except ValidationError as error:
        raise DataError([fault(file, lines, wrong) for wrong in error.errors()]) from None
    if faults := list(repeated(file, lines, found)):
        raise DataError(faults)
    return Readings(
        np.array([one.source for one in found]),
        np.array([one.at.replace(tzinfo=None) for one in found], "datetime64[us]"),
        np.array([one.value for one in found], np.float64),
    )


def table(file: Path) -> tuple[list[int], list[dict[str, str]]]:
    """The rows by their header, and the line that each of them ends on."""
    lines, rows = [], []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, restkey="", restval="", strict=True)
            missing = [
                name for name in Reading.model_fields if name not in (reader.fieldnames or ())
            ]
            if missing:
                raise DataError([f"{file.name}, line 1: no column {', '.join(missing)}"])
            for row in reader:
                if "" in row:
                    raise DataError(
                        [f"{file.name}, line {reader.line_num}: more cells than columns"]
                    )
                lines.append(reader.line_num)
                rows.append(row)
    except OSError as error:
        raise DataError([f"{file}: {error.strerror}"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError([f"{file.name}, line {len(lines) + 2}: {error}"]) from error
    return lines, rows


def fault(file: Path, lines: list[int], wrong: Mapping[str, Any]) -> str:
    row, column = wrong["loc"][:2]
    what = "missing" if wrong["input"] == "" else f"{wrong['input']!r}: {wrong['msg']}"
    return f"{file.name}, line {lines[row]}, column {column}: {what}"


def repeated(file: Path, lines: list[int], found: list[Reading]) -> Iterator[str]:
    first: dict[tuple[str, object], int] = {}
    for line, one in zip(lines, found, strict=True):
        before = first.setdefault((one.source, one.at), line)
        if before != line:
            yield f"{file.name}, line {line}, columns source, at: the same as line {before}"


def check(known: Examples, unseen: Examples) -> None:
    """That there is enough, that it moves, and that nothing leaks from what judges the model."""
    if min(len(known.rows), len(unseen.rows)) < ENOUGH // 4 or len(known.rows) < ENOUGH:
        what = f"{len(known.rows):,} examples to learn from and {len(unseen.rows):,} to judge by"
        raise DataError([f"too little data: {what}; it takes {ENOUGH:,} and {ENOUGH // 4:,}"])
    for name, part in [("learn from", known), ("judge by", unseen)]:
        if np.array_equal(part.following, features.last(part.rows)):
            raise DataError([f"column value: nothing ever moves in what there is to {name}"])
    if faults := list(leaks(known, unseen)):
        raise DataError(faults)


def leaks(known: Examples, unseen: Examples) -> Iterator[str]:
    """What would make a model look better than it is."""
    late = np.flatnonzero(known.at >= unseen.at.min())
    if len(late):
        yield (
            f"row {late[0]}, column at: {known.at[late[0]]} is to learn from, and not older than"
            f" {unseen.at.min()}, which is to judge by; so are {len(late) - 1:,} more"
        )
    seen = {key: row for row, key in enumerate(keys(known))}
    same = [(row, seen[key]) for row, key in enumerate(keys(unseen)) if key in seen]
    if len(same) > SAME * len(unseen.rows):
        row, before = same[0]
        yield (
            f"row {row} ({unseen.at[row]}), all columns: the same as row {before}"
            f" ({known.at[before]}), which is to learn from; so are {len(same) - 1:,} more"
        )


def keys(some: Examples) -> Iterator[bytes]:
    for row in np.column_stack([some.rows, some.following]):
        yield row.tobytes()
