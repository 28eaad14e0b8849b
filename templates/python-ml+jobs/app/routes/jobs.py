"""Jobs by the contract: start, read, cancel and follow one. The work is done by the processes of a pool."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client import Gauge

from app.config import read
from app.contract_jobs import Job, Jobs, NewJob
from app.operations import serve
from app.pool import BusyError, Pool, Settings

BEAT = 15.0
"""Seconds after which a silent stream shows a sign of life."""
FOLLOWERS = 500
"""So many jobs may be followed at once."""
RUNNING = Gauge("jobs_running", "Jobs that run")
WAITING = Gauge("jobs_waiting", "Jobs in the queue")
Key = Annotated[str | None, Header(min_length=1, max_length=64)]
Limit = Annotated[int, Query(ge=1, le=100)]


def prepare(app: FastAPI) -> None:
    app.state.pool = Pool(read(Settings, app.state.environ))


@asynccontextmanager
async def working(app: FastAPI) -> AsyncIterator[None]:
    pool: Pool = app.state.pool
    pool.open()
    RUNNING.set_function(lambda: len(pool.running))
    WAITING.set_function(lambda: pool.jobs.waiting() if pool.jobs else 0)
    at_signal(pool.drain)
    yield
    WAITING.set_function(lambda: 0)  # its file is closed
    await pool.close()


def at_signal(act: Callable[[], None]) -> None:
    """uvicorn waits for every answer to end, streams among them: they have to hear of the end first."""
    if threading.current_thread() is not threading.main_thread():
        return  # where there are no signals
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(act)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


router = APIRouter(tags=["jobs"], lifespan=working)


def pool_of(request: Request) -> Pool:
    pool: Pool = request.app.state.pool
    return pool


def present(job: Job | None) -> Job:
    if not job:
        raise HTTPException(404, "There is no job with this id.")
    return job


@serve(router, "startJob", status_code=202)
async def start_job(
    new: NewJob, request: Request, response: Response, idempotency_key: Key = None
) -> Job:
    try:
        job = await pool_of(request).start(new, idempotency_key)
    except BusyError as error:
        raise HTTPException(503, str(error), {"retry-after": "5"}) from error
    response.headers["location"] = f"{request.url.path}/{job.id}"
    return job


@serve(router, "listJobs")
async def list_jobs(request: Request, limit: Limit = 20) -> Jobs:
    return Jobs(jobs=pool_of(request).newest(limit))


@serve(router, "readJob")
async def read_job(id: UUID, request: Request) -> Job:
    return present(pool_of(request).get(id))


@serve(router, "cancelJob")
async def cancel_job(id: UUID, request: Request) -> Job:
    pool = pool_of(request)
    if present(pool.get(id)).state in ("queued", "running"):
        pool.cancel(id)
    return present(pool.get(id))


@serve(router, "followJob")
async def follow_job(id: UUID, request: Request) -> StreamingResponse:
    pool = pool_of(request)
    present(pool.get(id))
    if len(pool.followers) >= FOLLOWERS:
        raise HTTPException(503, "Too many jobs are followed.", {"retry-after": "5"})
    return StreamingResponse(
        frames(pool, id),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def frames(pool: Pool, id: UUID) -> AsyncIterator[str]:
    async for job in pool.follow(id, BEAT):
        yield f"event: job\ndata: {job.model_dump_json()}\n\n" if job else ":\n\n"
