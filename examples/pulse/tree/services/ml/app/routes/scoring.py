"""Scores by the contract: plain ASGI, for FastAPI's own work would take longer than the model."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

import msgspec
import numpy as np
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.types import Receive, Scope, Send

from app import rows as wire
from app.config import read
from app.contract import Model as Card
from app.features import Rows
from app.model import rounded
from app.operations import serve, serve_hot
from app.plain import answer, begin, body_of, content, header, type_of
from app.problems import issue
from app.scoring import Scoring, Settings, taken

JSON, TABLE, LINES = b"application/json", b"application/octet-stream", b"application/x-ndjson"
LINE = 64 << 10
"""Bytes of a line of a stream; a longer one ends it."""


@asynccontextmanager
async def following(app: FastAPI) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(work) for work in app.state.store.tasks()]
    gc.collect()
    gc.freeze()  # what is here now stays: looking through it again and again would hold up answers
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


router = APIRouter(tags=["scoring"], lifespan=following)


def prepare(app: FastAPI) -> None:
    app.state.scoring = Scoring(read(Settings, app.state.environ))
    app.state.store = app.state.scoring.store
    app.state.checks["model"] = app.state.store.ready
    app.state.store.begin()


@serve_hot(router, "score")
async def score(scope: Scope, receive: Receive, send: Send) -> None:
    scoring: Scoring = scope["app"].state.scoring
    type_of(scope, JSON)
    with scoring:
        model = scoring.model()
        rows, values = await scoring.score(
            model, await body_of(receive, scoring.patience), wire.one
        )
        value = round(float(values[0]), 3)
        await answer(send, JSON, b'{"value":%r,"model":"%s"}' % (value, model.name))
    scoring.remember(model, rows, values, taken())


@serve_hot(router, "scoreBatch")
async def score_batch(scope: Scope, receive: Receive, send: Send) -> None:
    scoring: Scoring = scope["app"].state.scoring
    table = type_of(scope, JSON, TABLE) == TABLE
    with scoring:
        model = scoring.model()
        way = partial(wire.binary if table else wire.many, most=scoring.most)
        rows, values = await scoring.score(model, await body_of(receive, scoring.patience), way)
        if TABLE in header(scope, b"accept"):
            mime, body = TABLE, values.astype("<f4").tobytes()
        else:
            told = {"values": rounded(values), "model": model.version}
            mime, body = JSON, msgspec.json.encode(told)
        await answer(send, mime, body, (b"model-version", model.name))
    scoring.remember(model, rows, values, taken())


@serve_hot(router, "scoreStream", endless=True)
async def score_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Nothing is read before what was read is answered: so a slow reader holds up what it sends."""
    scoring: Scoring = scope["app"].state.scoring
    type_of(scope, LINES)
    with scoring:
        scoring.model()
        await begin(send, LINES)
        rest, number, more = b"", 0, True
        while more and len(rest) <= LINE:
            message = await receive()
            more = message.get("more_body", False)
            *lines, rest = (rest + content(message)).split(b"\n")
            lines = [line for line in [*lines, *([] if more else [rest])] if line.strip()]
            for at in range(0, len(lines), scoring.most):
                part = lines[at : at + scoring.most]
                told = await scored(scoring, part, number)
                number += len(part)
                await send({"type": "http.response.body", "body": told, "more_body": True})
                await asyncio.sleep(0)  # let others have their turn
        last = refused(number + 1, f"longer than {LINE} bytes") if more else b""
        await send({"type": "http.response.body", "body": last})


async def scored(scoring: Scoring, lines: list[bytes], number: int) -> bytes:
    """A line for each line, the right ones scored together; `number` of them came before."""
    model = scoring.model()
    told: dict[int, bytes] = {}
    found: dict[int, Rows] = {}
    for at, line in enumerate(lines, number + 1):
        try:
            found[at] = wire.one(line)
        except RequestValidationError as error:
            told[at] = refused(at, error)
    if found:
        rows = np.concatenate(list(found.values()))
        values = await scoring.predict(model, rows)
        scoring.remember(model, rows, values)
        for at, value in zip(found, rounded(values), strict=True):
            told[at] = b'{"type":"scored","line":%d,"value":%r,"model":"%s"}\n' % (
                at, value, model.name,
            )  # fmt: skip
    return b"".join(told[at] for at in sorted(told))


def refused(line: int, error: RequestValidationError | str) -> bytes:
    wrong = (
        [{"path": "", "message": error}]
        if isinstance(error, str)
        else [issue(one).model_dump() for one in error.errors()]
    )
    return msgspec.json.encode({"type": "refused", "line": line, "errors": wrong}) + b"\n"


@serve(router, "describeModel")
async def describe_model(request: Request) -> Card:
    card = request.app.state.scoring.model().manifest
    return Card(
        model=card.version,
        trainedAt=card.trained_at,
        rows=card.rows,
        features=card.features,
        quality=card.quality,
        sha256=card.sha256,
    )
