"""Tells the Node service, which tells every browser, of each model that gets into service."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPException

from fastapi import APIRouter, FastAPI
from pydantic import AnyHttpUrl, BaseModel, SecretStr

from app.caller import RefusedError
from app.client import Models
from app.config import read
from app.contract import ModelEvent
from app.manifest import Manifest
from app.store import Store
from app.telemetry import log

LOOK = 1.0
"""Seconds between two looks; also until a new try when nobody answered."""
PASSING = {408, 429, 502, 503, 504}
"""Refusals of a service that starts, ends or has too much to do."""
START = secrets.token_hex(8)
"""Of this process: the same model is news again after a restart."""


class Settings(BaseModel):
    node_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:3000")
    service_token: SecretStr = SecretStr("")


def prepare(app: FastAPI) -> None:
    settings = read(Settings, app.state.environ)
    app.state.models = Models(str(settings.node_url), settings.service_token.get_secret_value())


async def announce(models: Models, store: Store) -> None:
    """Again and again with one key, until it is answered; then not until there is another model."""
    told = ""
    while True:
        if store.model and store.model.manifest.version != told:
            manifest = store.model.manifest
            try:
                await models.announce(
                    event_of(manifest), idempotency_key=f"{manifest.version}-{START}"
                )
                told = manifest.version
            except RefusedError as error:
                log.warning("the announcement was refused: %s", error)
                told = "" if error.problem.status in PASSING else manifest.version
            except (OSError, HTTPException):
                log.debug("nobody hears the announcement yet")
        await asyncio.sleep(LOOK)


def event_of(manifest: Manifest) -> ModelEvent:
    quality = manifest.quality
    return ModelEvent(type="model", model=manifest.version, quality=quality, at=datetime.now(UTC))


@asynccontextmanager
async def announcing(app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(announce(app.state.models, app.state.store))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


router = APIRouter(lifespan=announcing)
