"""Scores rows by the model in service, within limits, and remembers what is told of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Annotated

from fastapi import HTTPException
from prometheus_client import Counter
from pydantic import BaseModel, Field, PlainValidator

from app.contract import ScoreBatch
from app.features import Rows
from app.model import Model, Values
from app.place import place
from app.registry import ModelError
from app.store import Store
from app.tally import Tally
from app.telemetry import current, lap

ROWS = Tally("scored_rows", "Rows scored", ("model",))
BUSY = Counter("scoring_refused_total", "Requests refused because too many were in flight")
MOST: int = ScoreBatch.model_json_schema()["properties"]["rows"]["maxItems"]
INLINE = 64 << 10
"""Bytes of a body that are worked on at once; with more, the others would wait too long."""


class Settings(BaseModel):
    models: Annotated[Path, PlainValidator(place)] = Path("models")
    max_rows: int = Field(MOST, ge=1, le=MOST)
    """Of one batch."""
    max_in_flight: int = Field(256, ge=1)
    """Requests that are worked on, or wait for it; streams count as long as they last."""
    body_seconds: float = Field(10, gt=0)
    """For a body to come, once it has begun."""


class Scoring:
    """As a context manager it is a place in flight, if there is one left."""

    def __init__(self, settings: Settings) -> None:
        self.most = settings.max_rows
        self.limit = settings.max_in_flight
        self.patience = settings.body_seconds
        self.store = Store(settings.models)
        self.in_flight = 0

    def __enter__(self) -> None:
        if self.in_flight >= self.limit:
            BUSY.inc()
            raise HTTPException(503, "Too many requests are in flight.", {"retry-after": "1"})
        self.in_flight += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.in_flight -= 1

    def model(self) -> Model:
        try:
            return self.store.get()
        except ModelError as error:
            raise HTTPException(503, str(error), {"retry-after": "5"}) from error

    async def score(
        self, model: Model, body: bytes, read: Callable[[bytes], Rows]
    ) -> tuple[Rows, Values]:
        """In this thread what is short, in another what is long; and slow models have a queue."""
        near = len(body) <= INLINE
        if model.queue:
            rows = read(body) if near else await asyncio.to_thread(read, body)
            lap("validate")
            values = await self.predict(model, rows)
            lap("predict")
            return rows, values
        return (
            through(model, body, read)
            if near
            else await asyncio.to_thread(through, model, body, read)
        )

    async def predict(self, model: Model, rows: Rows) -> Values:
        return await model.queue.predict(rows) if model.queue else model.predict(rows)

    def remember(
        self, model: Model, rows: Rows, values: Values, seconds: float | None = None
    ) -> None:
        """Once it is answered, which waits for none of this."""
        ROWS.add(len(rows), model.version)
        if model is self.store.model:
            self.store.ring.add(rows, values, seconds)
            if self.store.shadow:
                self.store.shadow.offer(rows, values)


def through(model: Model, body: bytes, read: Callable[[bytes], Rows]) -> tuple[Rows, Values]:
    rows = read(body)
    lap("validate")
    values = model.predict(rows)
    lap("predict")
    return rows, values


def taken() -> float | None:
    """Seconds since the request came."""
    trace = current.get()
    return perf_counter() - trace.start if trace else None
