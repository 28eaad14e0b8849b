"""Runs the pipeline again and again, in a process of its own: its memory and its death are not the service's."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI
from prometheus_client import Counter

from app.inbox import Inbox
from app.runs import waiting
from app.settings import Settings
from app.telemetry import log

RUNS = Counter("pipeline_runs_total", "Runs of the pipeline that this service began", ["ended"])
IDLE = 60.0
"""Seconds between two looks when the pipeline is run by somebody else: then events are only handed over."""


async def schedule(inbox: Inbox, settings: Settings, environ: Mapping[str, str]) -> None:
    while True:
        await asyncio.sleep(settings.pipeline_every or IDLE)
        try:
            await asyncio.to_thread(inbox.seal)
            if settings.pipeline_every and waiting(settings.data_folder):
                await run(environ)
        except OSError:
            log.exception("the pipeline did not run")


async def run(environ: Mapping[str, str]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.pipeline", "run"),
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said = (await process.communicate())[0].decode(errors="replace").strip()
    finally:
        if process.returncode is None:  # the service ends; a run may be ended at any point
            process.terminate()
            await process.wait()
    RUNS.labels("well" if process.returncode == 0 else "badly").inc()
    (log.info if process.returncode == 0 else log.error)("pipeline: %s", said)


@asynccontextmanager
async def scheduling(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    task = asyncio.create_task(schedule(state.inbox, state.settings, state.environ))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    state.inbox.seal()


router = APIRouter(lifespan=scheduling)
