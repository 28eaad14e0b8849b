"""A model: loaded, tried on its golden rows, and only then asked."""

import asyncio
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from app import features
from app.features import Rows
from app.manifest import Manifest
from app.registry import TRAIN, ModelError
from app.runtime import ort

Values = NDArray[np.float32]
SLOW = 0.5e-3
"""Seconds a row from which handing it to a thread, and waiting for others, can pay."""
TOGETHER = 64
"""How many waiting rows a slow model is given at once."""


class Model:
    def __init__(self, graph: bytes, manifest: Manifest) -> None:
        options = ort.SessionOptions()
        # One thread, no spinning: a row takes microseconds, handing it to a pool takes longer.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no base
            raise ModelError(f"The model does not load: run `{TRAIN}`.") from error
        self.manifest = manifest
        self.version = manifest.version
        self.name = manifest.version.encode()
        self.queue: Queue | None = None

    def tried(self) -> "Model":
        """The model itself, if it still answers as on the day that it was trained; warm after that."""
        if tuple(self.manifest.features) != features.NAMES:
            raise ModelError(f"The model was trained on other features: run `{TRAIN}`.")
        golden = self.manifest.golden
        if not golden:
            raise ModelError(f"The model has no golden rows to be tried on: run `{TRAIN}`.")
        rows = features.table(row.features for row in golden)
        try:
            answers = self.score(rows)
        except Exception as error:
            raise ModelError(f"The model does not score its golden rows: run `{TRAIN}`.") from error
        if not np.allclose(answers, [row.value for row in golden], atol=0.002):
            raise ModelError(f"The model answers otherwise than it did: run `{TRAIN}`.")
        alone = self.seconds(rows[:1])
        if alone > SLOW:
            many = rows[np.arange(TOGETHER) % len(rows)]
            gains = self.seconds(many) / TOGETHER < alone / 2
            self.queue = Queue(self, TOGETHER if gains else 1)
        return self

    def seconds(self, rows: Rows) -> float:
        """The least of some runs; they also make the model warm."""
        times = []
        for _ in range(10):
            start = perf_counter()
            self.predict(rows)
            times.append(perf_counter() - start)
        return min(times)

    def predict(self, rows: Rows) -> Values:
        change: Values = self.session.run(None, {"inputs": features.inputs(rows)})[0][:, 0]
        return features.last(rows) + change

    def score(self, rows: Rows) -> list[float]:
        """As they are answered: to three places."""
        return rounded(self.predict(rows))


def rounded(values: Values) -> list[float]:
    found: list[float] = values.astype(np.float64).round(3).tolist()
    return found


class Queue:
    """In front of a slow model: what came while it worked is scored in its next run."""

    def __init__(self, model: Model, most: int) -> None:
        self.model = model
        self.most = most
        self.waiting: list[tuple[Rows, asyncio.Future[Values]]] = []
        self.task: asyncio.Task[None] | None = None

    async def predict(self, rows: Rows) -> Values:
        done: asyncio.Future[Values] = asyncio.get_running_loop().create_future()
        self.waiting.append((rows, done))
        if not self.task:
            self.task = asyncio.create_task(self.drain())
        return await done

    async def drain(self) -> None:
        while self.waiting:
            taken, self.waiting = self.waiting[: self.most], self.waiting[self.most :]
            rows = np.concatenate([rows for rows, _ in taken])
            try:
                values = await asyncio.to_thread(self.model.predict, rows)
            except Exception as error:
                settle(taken, error)
            else:
                settle(taken, values)
        self.task = None


def settle(taken: list[tuple[Rows, asyncio.Future[Values]]], result: Values | Exception) -> None:
    at = 0
    for rows, done in taken:
        part, at = slice(at, at + len(rows)), at + len(rows)
        if done.done():  # who waited has left
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result[part])
