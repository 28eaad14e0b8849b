"""What the model was asked of late, and how far that has moved from what it learned from."""

import numpy as np
from numpy.typing import NDArray

from app.features import NAMES, Rows
from app.manifest import Manifest
from app.model import Values

SIZE = 1_024
ENOUGH = 200
"""Rows below which chance alone would look like drift."""
LEAST = 1e-3
"""An empty bin counts as this share, or one stray row would weigh more than all others."""


class Ring:
    """The last rows with their scores, and how long requests took. Adding costs one copy; what is
    to be told from it is reckoned when somebody asks."""

    def __init__(self) -> None:
        self.rows = np.zeros((SIZE, len(NAMES) + 1), np.float32)
        self.times = np.zeros(SIZE)
        self.seen = self.timed = 0
        self.outcomes = 0
        self.error = 0.0

    def add(self, rows: Rows, values: Values, seconds: float | None) -> None:
        if len(rows) == 1:
            place = self.rows[self.seen % SIZE]
            place[:-1] = rows[0]
            place[-1] = values[0]
        else:
            kept = np.column_stack((rows, values))[-SIZE:]
            start = (self.seen + len(rows) - len(kept)) % SIZE
            ahead = min(SIZE - start, len(kept))
            self.rows[start : start + ahead] = kept[:ahead]
            self.rows[: len(kept) - ahead] = kept[ahead:]
        self.seen += len(rows)
        if seconds is not None:
            self.times[self.timed % SIZE] = seconds
            self.timed += 1

    def tell(self, distance: float) -> None:
        """How far a score was from what came true."""
        self.outcomes += 1
        self.error += distance

    def window(self) -> int:
        return min(self.seen, SIZE)

    def drift(self, manifest: Manifest, name: str) -> float | None:
        """PSI of a feature, or of `score`; None while there are too few rows."""
        if self.window() < ENOUGH or name not in manifest.edges:
            return None
        column = self.rows[: self.window(), [*NAMES, "score"].index(name)]
        edges = manifest.edges[name]
        bins = np.bincount(np.searchsorted(edges, column, "right"), minlength=len(edges) + 1)
        return psi(np.array(manifest.shares[name]), bins / len(column))

    def latency(self, share: float) -> float:
        """In milliseconds."""
        times = self.times[: min(self.timed, SIZE)]
        return float(np.quantile(times, share) * 1000) if len(times) else 0.0


def psi(expected: NDArray[np.float64], found: NDArray[np.float64]) -> float:
    e, f = expected.clip(LEAST), found.clip(LEAST)
    return max(0.0, float(((f - e) * np.log(f / e)).sum()))
