"""BentoML: `bentoml serve bento:Scoring`."""

import os

import bentoml
import numpy as np

import raw


@bentoml.service(workers=1)
class Scoring:
    def __init__(self) -> None:
        self.session = raw.load(os.environ["MODEL_FOLDER"])

    @bentoml.api
    async def score(self, hour: int, weekday: int, last: float, mean: float, trend: float) -> float:
        rows = np.array([[hour, weekday, last, mean, trend]], np.float32)
        return float(raw.score(self.session, rows)[0])
