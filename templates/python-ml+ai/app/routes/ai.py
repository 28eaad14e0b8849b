"""Language by the contract: search, topics, and answers as they are written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from prometheus_client import Counter
from pydantic import BaseModel, Field

from app.answers import SOURCES, Answers, quoted
from app.budget import Budget, Limits, SpentError
from app.config import ConfigError, read
from app.contract_ai import AnswerPart, Hits, Question, SearchQuery, Texts, Topics
from app.embedding import EmbeddingError
from app.operations import serve
from app.passages import Library, Passages
from app.provider import Provider
from app.provider import Settings as ProviderSettings
from app.telemetry import lap

Found = TypeVar("Found")
TEXTS = Path(__file__).parents[1] / "texts.jsonl"
LIMIT = 5
"""Hits, when nothing is said."""
ANSWERS = Counter("answers_total", "Answers by how they ended", ["end"])


class Settings(BaseModel):
    models: str = "models"
    """Its folder `embedding` is read; with a URL, that of this machine all the same."""
    data_folder: Path = Path("data")
    texts: Path = TEXTS
    ai_waiting: int = Field(32, ge=1)
    """So many requests may be in the model, or wait for it."""
    ai_answers: int = Field(32, ge=1)
    """So many answers may be under way."""


class Desk:
    """Takes so many at once and no more."""

    def __init__(self, places: int) -> None:
        self.free = places

    def admit(self) -> None:
        if self.free <= 0:
            raise HTTPException(503, "Too many ask at once.", {"retry-after": "1"})

    def __enter__(self) -> None:
        self.free -= 1

    def __exit__(self, *_: object) -> None:
        self.free += 1


def prepare(app: FastAPI) -> None:
    settings = read(Settings, app.state.environ)
    provider = read(ProviderSettings, app.state.environ)
    if provider.ai_url and not provider.ai_model:
        raise ConfigError("AI_MODEL=: say which model AI_URL is to use")
    limits = read(Limits, app.state.environ)
    models = Path("models" if "://" in settings.models else settings.models)
    app.state.library = Library(models / "embedding", settings.texts)
    app.state.desk, app.state.answering = Desk(settings.ai_waiting), Desk(settings.ai_answers)
    app.state.budget = Budget(settings.data_folder / "budget.sqlite", limits)
    app.state.provider, app.state.answers = provider, None
    app.state.checks["embedding"] = app.state.library.ready
    app.state.library.ready()


@asynccontextmanager
async def asking(app: FastAPI) -> AsyncIterator[None]:
    if app.state.provider.ai_url:
        app.state.answers = Answers(Provider(app.state.provider), app.state.budget)
    yield
    if app.state.answers:
        await app.state.answers.provider.close()


router = APIRouter(tags=["ai"], lifespan=asking)


async def ask(request: Request, work: Callable[[Passages], Found]) -> tuple[Found, str]:
    """What the passages say, and the name of the model. In a thread: a large model takes a while."""
    library: Library = request.app.state.library
    request.app.state.desk.admit()
    with request.app.state.desk:
        lap("validate")
        try:
            if not (passages := library.passages):
                passages = await asyncio.to_thread(library.get)
        except EmbeddingError as error:
            raise HTTPException(503, str(error), {"retry-after": "5"}) from error
        found = await asyncio.to_thread(work, passages)
        lap("embed")
    return found, passages.embedding.card.name


@serve(router, "search")
async def search(asked: SearchQuery, request: Request) -> Hits:
    limit = asked.model_dump().get("limit", LIMIT)
    hits, model = await ask(request, lambda passages: passages.search(asked.query, limit))
    return Hits(hits=hits, model=model)


@serve(router, "classify")
async def classify(asked: Texts, request: Request) -> Topics:
    topics, model = await ask(request, lambda passages: passages.classify(list(asked.texts)))
    return Topics(topics=topics, model=model)


@serve(router, "answer")
async def answer(asked: Question, request: Request) -> StreamingResponse:
    request.app.state.answering.admit()
    sources, _ = await ask(request, lambda passages: passages.search(asked.question, SOURCES))
    answers: Answers | None = request.app.state.answers
    try:
        parts = answers.begin(asked.question, sources) if answers else quoted(sources)
    except SpentError as error:
        raise HTTPException(429, str(error), {"retry-after": str(error.wait)}) from error
    return StreamingResponse(
        frames(parts, request.app.state.answering),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def frames(parts: AsyncGenerator[AnswerPart], desk: Desk) -> AsyncIterator[str]:
    end = "left"
    try:
        with desk:
            async for part in parts:
                end = part.type if part.type in ("done", "failed") else end
                yield f"event: {part.type}\ndata: {part.model_dump_json()}\n\n"
    finally:
        await parts.aclose()  # where the reader has gone the work ends
        ANSWERS.labels(end).inc()
