"""A candidate that scores what was answered, afterwards. Its scores are compared, never answered."""

import asyncio

import numpy as np
from prometheus_client import Counter

from app.features import Rows
from app.model import Model, Values
from app.telemetry import log

ROWS = Counter("shadow_rows_total", "Rows scored by both", ["model"])
DISTANCE = Counter("shadow_distance_total", "Sum of the distances of both scores", ["model"])
SKIPPED = Counter("shadow_rows_skipped_total", "Rows the candidate had no time for", ["model"])
MOST = 4_096
"""Rows that wait; those that come on top are not compared."""
PAUSE = 0.1
"""Seconds in which rows gather: scored together they cost a fraction."""


class Shadow:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.waiting: list[tuple[Rows, Values]] = []
        self.count = 0
        self.rows = self.skipped = 0
        self.sum = self.largest = 0.0

    def offer(self, rows: Rows, values: Values) -> None:
        if self.count + len(rows) > MOST:
            self.skipped += len(rows)
            SKIPPED.labels(self.model.version).inc(len(rows))
            return
        self.waiting.append((rows, values))
        self.count += len(rows)

    async def compare(self) -> None:
        if not self.waiting:
            return
        taken, self.waiting, self.count = self.waiting, [], 0
        rows = np.concatenate([rows for rows, _ in taken])
        answered = np.concatenate([values for _, values in taken])
        try:
            distances = np.abs(await asyncio.to_thread(self.model.predict, rows) - answered)
        except Exception:
            log.exception("the shadow failed")
            self.skipped += len(rows)
            return
        self.rows += len(rows)
        self.sum += float(distances.sum())
        self.largest = max(self.largest, float(distances.max()))
        ROWS.labels(self.model.version).inc(len(rows))
        DISTANCE.labels(self.model.version).inc(float(distances.sum()))
