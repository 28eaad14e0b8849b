"""FastAPI with pydantic, asking ONNX Runtime inline: what careful people write, with none of the promises."""

import sys

import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

import raw

app = FastAPI()
session = raw.load(".")


class Row(BaseModel):
    hour: int
    weekday: int
    last: float
    mean: float
    trend: float


class Score(BaseModel):
    value: float


@app.post("/score")
async def score(row: Row) -> Score:
    rows = np.array([[row.hour, row.weekday, row.last, row.mean, row.trend]], np.float32)
    return Score(value=float(raw.score(session, rows)[0]))


uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
