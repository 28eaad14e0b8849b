"""Gives the tables by the contract: pages of rows, as JSON or as an Arrow stream, and of sources."""

import asyncio
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from app import config
from app.operations import serve
from app.questions import ARROW, JSON, Answer, Question, Rows, Sources, decode
from app.settings import Settings
from app.tables import LateError, Tables

router = APIRouter(tags=["analytics"])
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LATE = "It took longer than {:g} seconds. Ask for fewer days, for fewer sources, or by the day."


def day(value: object) -> object:
    """Of the many forms of a date one is right."""
    if isinstance(value, str) and not DAY.fullmatch(value):
        raise ValueError("must be a day, such as 2026-01-04")
    return value


def in_order(last: date, told: ValidationInfo) -> date:
    if last < told.data.get("first", last):
        raise ValueError("is before from")
    return last


def right(cursor: str) -> str:
    decode(cursor)
    return cursor


Day = Annotated[date, BeforeValidator(day)]
Name = Annotated[str, Field(min_length=1, max_length=60)]


class Asked(BaseModel):
    """An unknown parameter is a mistake: whoever mistypes `source` would get all of them."""

    model_config = ConfigDict(extra="forbid")
    limit: int = Field(1000, ge=1, le=10_000)


class AskedRows(Asked):
    table: Literal["hourly", "daily"] = "hourly"
    first: Day = Field(date.min, alias="from")
    last: Annotated[Day, AfterValidator(in_order)] = Field(date.max, alias="to")
    source: list[Name] = Field([], min_length=1, max_length=100)
    cursor: Annotated[str, AfterValidator(right)] | None = None

    def question(self, media: str) -> Rows:
        at, after = decode(self.cursor) if self.cursor else (datetime.min, "")
        first, sources = max(self.first, at.date()), tuple(sorted(set(self.source)))
        return Rows(media, self.table, first, self.last, sources, at, after, self.limit)


class AskedSources(Asked):
    cursor: Name | None = None


def prepare(app: FastAPI) -> None:
    settings = config.read(Settings, app.state.environ)
    app.state.tables = Tables(settings)
    app.state.questions = asyncio.Semaphore(settings.questions)


@serve(router, "readTable", response_model=None)
async def read_table(asked: Annotated[AskedRows, Query()], request: Request) -> Response:
    media = ARROW if ARROW in request.headers.get("accept", "") else JSON
    return await answered(request, asked.question(media))


@serve(router, "listSources", response_model=None)
async def list_sources(asked: Annotated[AskedSources, Query()], request: Request) -> Response:
    return await answered(request, Sources(JSON, asked.cursor or "", asked.limit))


async def answered(request: Request, question: Question) -> Response:
    """From what is known already, or from the tables; nothing at all when the caller knows it."""
    tables: Tables = request.app.state.tables
    version = tables.version()
    headers: dict[str, Any] = {"vary": "accept", "cache-control": "no-cache"}
    headers["etag"] = f'"{version}-{"arrow" if question.media == ARROW else "json"}"'
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    answer = tables.recall(version, question)
    if not answer:
        answer = await asked_anew(request, question)
        if tables.version() == version:  # else a run ended meanwhile: its answer has another tag
            tables.keep(version, question, answer)
        else:
            del headers["etag"]
    if answer.next:
        headers["next-cursor"] = answer.next
    return Response(answer.body, media_type=question.media, headers=headers)


async def asked_anew(request: Request, question: Question) -> Answer:
    state = request.app.state
    free: asyncio.Semaphore = state.questions
    if free.locked():
        raise HTTPException(503, "Too many questions at once.", {"retry-after": "1"})
    async with free:
        try:
            tables: Tables = state.tables
            return await tables.answer(question)
        except LateError:
            raise HTTPException(504, LATE.format(tables.seconds)) from None
