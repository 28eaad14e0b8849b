"""Takes events by the contract: what is answered is on the disk, and counted by the pipeline once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, FastAPI, HTTPException, Request
from prometheus_client import Counter

from app import catalog, config
from app.contract import EventBatch, EventReceipt, EventRecord, EventRefusal, PipelineState
from app.inbox import FullError, Inbox
from app.operations import serve
from app.runs import waiting
from app.settings import Settings

router = APIRouter(tags=["events"])
EVENTS = Counter("events_total", "Events sent", ["became"])
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""How far another clock may be ahead."""
REMEMBERED = 100_000


def prepare(app: FastAPI) -> None:
    settings = config.read(Settings, app.state.environ)
    app.state.settings = settings
    app.state.inbox = Inbox(settings.data_folder / "inbox", settings.inbox_limit)
    app.state.known = {}


@serve(router, "ingestEvents", status_code=202)
async def ingest_events(batch: EventBatch, request: Request) -> EventReceipt:
    known: dict[UUID, None] = request.app.state.known
    refused = list(refusals(batch.events))
    wrong = {refusal.index for refusal in refused}
    right = [event for index, event in enumerate(batch.events) if index not in wrong]
    fresh = {event.id: event for event in right if event.id not in known}
    if fresh:
        await keep(request.app.state.inbox, list(fresh.values()))
    known.update(dict.fromkeys(fresh))
    while len(known) > REMEMBERED:
        known.pop(next(iter(known)))
    became = {"accepted": len(fresh), "duplicates": len(right) - len(fresh), "refused": len(wrong)}
    for what, count in became.items():
        EVENTS.labels(what).inc(count)
    return EventReceipt(
        accepted=became["accepted"], duplicates=became["duplicates"], refused=refused
    )


def refusals(events: list[EventRecord]) -> Iterator[EventRefusal]:
    """The contract cannot say what is too early or too late; files are held to the same."""
    latest = datetime.now(UTC) + AHEAD
    for index, event in enumerate(events):
        if event.at < EARLIEST:
            yield EventRefusal(index=index, reason="at is before 2000")
        elif event.at > latest:
            yield EventRefusal(index=index, reason="at is in the future")


async def keep(inbox: Inbox, events: list[EventRecord]) -> None:
    try:
        await inbox.append(b"".join(event.model_dump_json().encode() + b"\n" for event in events))
    except FullError:
        raise HTTPException(
            503, "Too much waits for the pipeline.", {"retry-after": "10"}
        ) from None
    except OSError as error:
        raise HTTPException(
            503, f"Nothing can be kept: {error.strerror}.", {"retry-after": "10"}
        ) from error


@serve(router, "describePipeline")
async def describe_pipeline(request: Request) -> PipelineState:
    folder = request.app.state.settings.data_folder
    now = catalog.read(folder)
    state = PipelineState(run=now.run, waiting=len(waiting(folder)), **now.totals.model_dump())
    if now.ended:
        state.endedAt = now.ended
    return state
