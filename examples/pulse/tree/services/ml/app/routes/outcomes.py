"""Takes what came true, and tells how far the model in service was from it."""

import asyncio
from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request
from prometheus_client import Counter
from pydantic import BaseModel, Field

from app import features
from app.config import read
from app.contract import Outcome
from app.feedback import Feedback, FullError
from app.operations import serve
from app.scoring import Scoring

OUTCOMES = Counter("outcomes_total", "Outcomes told, each once", ["model"])
DISTANCE = Counter("outcome_distance_total", "Sum of their distances from the scores", ["model"])
router = APIRouter(tags=["watch"])


class Settings(BaseModel):
    feedback: Path = Path("data/feedback")
    max_outcomes: int = Field(1_000_000, ge=1)
    """That are kept, their keys in memory as well: retrain, and move old files away."""


def prepare(app: FastAPI) -> None:
    settings = read(Settings, app.state.environ)
    app.state.feedback = Feedback(settings.feedback, settings.max_outcomes)


@serve(router, "tellOutcome", status_code=204)
async def tell_outcome(outcome: Outcome, request: Request) -> None:
    scoring: Scoring = request.app.state.scoring
    feedback: Feedback = request.app.state.feedback
    with scoring:
        model = scoring.model()
        try:
            if not await asyncio.to_thread(feedback.keep, outcome):
                return
        except FullError:
            raise HTTPException(507, "No more outcomes are kept; retrain with these.") from None
        (value,) = await scoring.predict(model, features.table([outcome.row]))
    distance = abs(float(value) - outcome.outcome)
    OUTCOMES.labels(model.version).inc()
    DISTANCE.labels(model.version).inc(distance)
    if model is scoring.store.model:
        scoring.store.ring.tell(distance)
