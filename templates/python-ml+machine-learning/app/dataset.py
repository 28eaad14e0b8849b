"""From readings to examples: what the model learns from, and what it is judged by."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.features import NAMES, WINDOW, Rows

Times = NDArray[np.datetime64]
Which = NDArray[np.bool_] | NDArray[np.intp] | slice
HELD = 0.25
"""The newest part of the time, which no model learns from."""


class Readings(NamedTuple):
    """Three columns of one length; `at` is UTC, in any order."""

    source: NDArray[np.str_]
    at: Times
    value: NDArray[np.float64]

    def part(self, which: Which) -> "Readings":
        return Readings(self.source[which], self.at[which], self.value[which])


class Examples(NamedTuple):
    rows: Rows
    following: NDArray[np.float32]
    """The value that came next."""
    at: Times
    """When it came."""

    def part(self, which: Which) -> "Examples":
        return Examples(self.rows[which], self.following[which], self.at[which])

    def content(self) -> bytes:
        return self.rows.tobytes() + self.following.tobytes() + self.at.tobytes()


NONE = Examples(
    np.empty((0, len(NAMES)), np.float32), np.empty(0, np.float32), np.empty(0, "datetime64[us]")
)


class Lesson(NamedTuple):
    """What one model is to learn, and what it will be judged by."""

    known: Examples
    unseen: Examples
    seed: int
    data: str
    """`simulation`, or the name of the file."""
    outcomes: int = 0
    """How many of the known came from feedback."""
    weights: NDArray[np.float64] | None = None
    """One for each of the known, where they do not count alike."""
    elder: Examples | None = None
    """Older unseen ones, which show what it has forgotten."""


def examples(readings: Readings) -> Examples:
    """One for each reading that has a whole window before it, oldest first."""
    order = np.lexsort((readings.source, readings.at))
    ordered = readings.part(order)
    names = np.unique(readings.source)
    joined = together([of_source(ordered, name) for name in names])
    return joined.part(np.argsort(joined.at, kind="stable"))


def of_source(readings: Readings, name: str) -> Examples:
    own = readings.source == name
    at, values = readings.at[own], readings.value[own]
    if len(values) <= WINDOW:
        return NONE
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)[:-1]
    newest, hours = windows[:, -1], at[WINDOW - 1 : -1].astype("datetime64[h]").astype(np.int64)
    trend = (newest - windows[:, 0]) / (WINDOW - 1)
    weekday = (hours // 24 + 3) % 7  # 1970 began on a Thursday
    columns = [hours % 24, weekday, newest, windows.mean(axis=1), trend]
    rows = np.stack(columns, axis=1).astype(np.float32)
    return Examples(rows, values[WINDOW:].astype(np.float32), at[WINDOW:])


def together(parts: list[Examples]) -> Examples:
    return Examples(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def split(known: Examples) -> tuple[Examples, Examples]:
    """To learn from, and to be judged by: at one moment for all sources, so none tells of later."""
    if not len(known.at):
        return known, known
    moment = np.sort(known.at)[int(len(known.at) * (1 - HELD))]
    return known.part(known.at < moment), known.part(known.at >= moment)
