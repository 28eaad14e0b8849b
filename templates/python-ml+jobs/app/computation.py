"""The computation itself, a sample: replace it by your own, and NewJob and Result in the contract.

It runs in a process of its own, which may be killed at any time: it changes nothing outside.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.contract_jobs import NewJob, Result

DAYS = 360
"""Of a simulated year."""
CHUNK = 200
"""Years that are simulated between two words of progress: some milliseconds."""
PARTS = 20
"""How many parts the years are split into to see how far the simulation itself is off."""
BINS = 40


def run(job: NewJob, tell: Callable[[float], None]) -> Result:
    """Tells its progress from 0 to 1. The same job gives the same result."""
    needs = np.empty(job.years)
    for start in range(0, job.years, CHUNK):
        chunk = needs[start : start + CHUNK]
        chunk[:] = simulate(job, np.random.default_rng([job.seed, start]), len(chunk))
        tell((start + len(chunk)) / job.years)
    parts = [np.quantile(part, job.probability) for part in np.array_split(needs, PARTS)]
    counts, edges = np.histogram(needs, BINS)
    return Result(
        stock=round(float(np.quantile(needs, job.probability)), 3),
        error=round(float(np.std(parts, ddof=1) / PARTS**0.5), 3),
        years=job.years,
        lowest=round(float(edges[0]), 3),
        highest=round(float(edges[-1]), 3),
        counts=counts.tolist(),
    )


def simulate(job: NewJob, random: np.random.Generator, years: int) -> NDArray[np.float64]:
    """The most that is asked for between two deliveries, in each of so many years."""
    shape = (job.demand / job.spread) ** 2
    days = random.gamma(shape, job.spread**2 / job.demand, (years, DAYS // job.days, job.days))
    need: NDArray[np.float64] = days.sum(axis=2).max(axis=1)
    return need
