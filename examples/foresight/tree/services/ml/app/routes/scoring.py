"""Scores by the contract. The model runs inline: it is faster than a hop to a thread."""

from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request
from prometheus_client import Counter
from pydantic import BaseModel

from app import features
from app.config import read
from app.contract import Features, Model, Score, ScoreBatch, Scores
from app.model import Model as Serving
from app.model import Store
from app.operations import serve
from app.registry import ModelError
from app.telemetry import lap

router = APIRouter(tags=["scoring"])
ROWS = Counter("scored_rows_total", "Rows scored", ["model"])


class Settings(BaseModel):
    models: Path = Path("models")


def prepare(app: FastAPI) -> None:
    app.state.store = Store(read(Settings, app.state.environ).models)
    app.state.checks["model"] = app.state.store.ready
    app.state.store.ready()


def serving(request: Request) -> Serving:
    store: Store = request.app.state.store
    try:
        return store.get()
    except ModelError as error:
        raise HTTPException(503, str(error), {"retry-after": "5"}) from error


def answer(model: Serving, rows: list[Features]) -> list[float]:
    lap("validate")
    values = model.score(features.table(rows))
    lap("predict")
    ROWS.labels(model.manifest.version).inc(len(rows))
    return values


@serve(router, "score")
async def score(row: Features, request: Request) -> Score:
    model = serving(request)
    (value,) = answer(model, [row])
    return Score(value=value, model=model.manifest.version)


@serve(router, "scoreBatch")
async def score_batch(batch: ScoreBatch, request: Request) -> Scores:
    model = serving(request)
    return Scores(values=answer(model, batch.rows), model=model.manifest.version)


@serve(router, "describeModel")
async def describe_model(request: Request) -> Model:
    card = serving(request).manifest
    return Model(
        model=card.version,
        trainedAt=card.trained_at,
        rows=card.rows,
        features=card.features,
        quality=card.quality,
        sha256=card.sha256,
    )
