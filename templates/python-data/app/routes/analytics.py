"""Gives the tables by the contract: a page of rows as JSON or as an Arrow stream."""

import asyncio
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from app import config
from app.operations import serve
from app.settings import Settings
from app.tables import ARROW, Question, Tables, decode

router = APIRouter(tags=["analytics"])
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


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


class Asked(BaseModel):
    """An unknown parameter is a mistake: whoever mistypes `source` would get all of them."""

    model_config = ConfigDict(extra="forbid")
    table: Literal["hourly", "daily"] = "hourly"
    first: Day = Field(date.min, alias="from")
    last: Annotated[Day, AfterValidator(in_order)] = Field(date.max, alias="to")
    source: str | None = Field(None, min_length=1, max_length=60)
    cursor: Annotated[str, AfterValidator(right)] | None = None
    limit: int = Field(1000, ge=1, le=10_000)

    def question(self) -> Question:
        at, after = decode(self.cursor) if self.cursor else (datetime.min, "")
        first = max(self.first, at.date())
        return Question(self.table, first, self.last, self.source, at, after, self.limit)


def prepare(app: FastAPI) -> None:
    settings = config.read(Settings, app.state.environ)
    app.state.tables = Tables(settings)
    app.state.questions = asyncio.Semaphore(settings.questions)


@serve(router, "readTable", response_model=None)
async def read_table(asked: Annotated[Asked, Query()], request: Request) -> Response:
    tables: Tables = request.app.state.tables
    media = ARROW if ARROW in request.headers.get("accept", "") else "application/json"
    version = tables.version()
    headers: dict[str, Any] = {"vary": "accept", "cache-control": "no-cache"}
    headers["etag"] = f'"{version}-{"arrow" if media == ARROW else "json"}"'
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    question = asked.question()
    answer = tables.recall(version, media, question)
    if not answer:
        free: asyncio.Semaphore = request.app.state.questions
        if free.locked():
            raise HTTPException(503, "Too many questions at once.", {"retry-after": "1"})
        async with free:
            answer = await asyncio.to_thread(tables.answer, media, question)
        if tables.version() == version:  # else a run ended meanwhile: its answer has another tag
            tables.keep(version, media, question, answer)
        else:
            del headers["etag"]
    if answer.next:
        headers["next-cursor"] = answer.next
    return Response(answer.body, media_type=media, headers=headers)
