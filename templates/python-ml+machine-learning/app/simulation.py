"""Readings to learn from, made here until there are your own: `python -m app.train --data FILE`."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.dataset import Readings

SOURCES = 12
WEEKS = 8
PER_HOUR = 4
MONDAY = np.datetime64("2026-01-05T00:00", "us")


def readings(seed: int) -> Readings:
    random = np.random.default_rng(seed)
    hours = np.arange(WEEKS * 7 * 24 * PER_HOUR) / PER_HOUR
    at = MONDAY + (hours * 3600).astype("timedelta64[s]")
    names = np.array([f"source-{number:02}" for number in range(SOURCES)])
    values = np.concatenate([source(random, hours) for _ in names])
    return Readings(np.repeat(names, len(hours)), np.tile(at, SOURCES), values)


def source(random: np.random.Generator, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Its own level, a daily swing, quiet weekends, and noise that fades slowly."""
    level, swing = random.uniform(30, 70), random.uniform(8, 16)
    weekend = (hours // 24 % 7 >= 5) * random.uniform(0.2, 0.5)
    daily = swing * np.sin((hours % 24 - random.uniform(7, 9)) * np.pi / 12)
    return level + daily * (1 - weekend) + np.fromiter(noise(random, len(hours)), np.float64)


def noise(random: np.random.Generator, count: int) -> Iterator[float]:
    drift = 0.0
    for push in random.normal(0, 2, count):
        drift = 0.4 * drift + push
        yield drift
