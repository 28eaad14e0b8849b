"""FastAPI as in its tutorial, asking scikit-learn for each request; also a route that does nothing, to compare with."""

import sys

import joblib
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
forest = joblib.load("forest.joblib")


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
    inputs = np.array([[row.hour, row.weekday, row.last - row.mean, row.trend]], np.float32)
    return Score(value=row.last + float(forest.predict(inputs)[0]))


@app.post("/nothing")
async def nothing(row: Row) -> Score:
    return Score(value=row.last)


uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
