"""Readings to learn from, made here: replace `readings` by your own history, and keep the seed."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.features import WINDOW, Rows

Series = NDArray[np.float64]
SOURCES = 12
WEEKS = 8
PER_HOUR = 4


class Examples(NamedTuple):
    rows: Rows
    following: Rows
    """The value that came next."""


def dataset(seed: int) -> tuple[Examples, Examples]:
    """To learn from, and to be judged by: the last quarter of every source's time."""
    random = np.random.default_rng(seed)
    sources = [examples(readings(random)) for _ in range(SOURCES)]
    cut = len(sources[0].rows) * 3 // 4
    return together(sources, slice(cut)), together(sources, slice(cut, None))


def together(sources: list[Examples], part: slice) -> Examples:
    rows = np.concatenate([source.rows[part] for source in sources])
    return Examples(rows, np.concatenate([source.following[part] for source in sources]))


def readings(random: np.random.Generator) -> Series:
    """A source with its own level, a daily swing, quiet weekends, and noise that fades slowly."""
    hours = np.arange(WEEKS * 7 * 24 * PER_HOUR) / PER_HOUR
    level, swing = random.uniform(30, 70), random.uniform(8, 16)
    weekend = (hours // 24 % 7 >= 5) * random.uniform(0.2, 0.5)
    daily = swing * np.sin((hours % 24 - random.uniform(7, 9)) * np.pi / 12)
    return level + daily * (1 - weekend) + np.fromiter(noise(random, len(hours)), np.float64)


def noise(random: np.random.Generator, count: int) -> Iterator[float]:
    drift = 0.0
    for push in random.normal(0, 2, count):
        drift = 0.4 * drift + push
        yield drift


def examples(values: Series) -> Examples:
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)[:-1]
    hours = (np.arange(len(windows)) + WINDOW - 1) // PER_HOUR
    newest = windows[:, -1]
    trend = (newest - windows[:, 0]) / (WINDOW - 1)
    columns = [hours % 24, hours // 24 % 7, newest, windows.mean(axis=1), trend]
    rows = np.stack(columns, axis=1).astype(np.float32)
    return Examples(rows, values[WINDOW:].astype(np.float32))
