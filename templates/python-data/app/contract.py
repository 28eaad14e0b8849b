# Made from contract/schemas by `python tasks.py generate`: change it there.

from __future__ import annotations

from typing import Annotated, Literal

from app.strict import UUID, AwareDatetime, BaseModel, StrictInt
from pydantic import MISSING, ConfigDict, Field, StrictFloat, StrictStr
from typing_extensions import TypeAliasType


class Issue(BaseModel):
    """
    One wrong place of an input.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    path: Annotated[
        StrictStr, Field(description='A JSON pointer, such as /rows/3/hour; empty for the whole.')
    ]
    message: StrictStr


class Health(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    status: Literal['ok', 'unavailable']
    checks: Annotated[
        dict[str, Literal['ok', 'unavailable']] | MISSING,
        Field(description='What readiness depends on, and whether each of it is fine.'),
    ] = MISSING


Instant = TypeAliasType("Instant", Annotated[AwareDatetime, Field(description='RFC 3339 in UTC')])


Key = TypeAliasType(
    "Key",
    Annotated[
        StrictStr,
        Field(description='Made by the caller; a UUID will do.', max_length=64, min_length=1),
    ],
)


class EventRecord(BaseModel):
    """
    Something measured. It is known by its id and its day, however often it is sent. A reading is one, too.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    id: UUID
    at: Instant
    source: Annotated[StrictStr, Field(max_length=60, min_length=1)]
    value: Annotated[StrictFloat, Field(ge=-1000000000000.0, le=1000000000000.0)]
    kind: Annotated[
        StrictStr | MISSING, Field(description='What was measured.', max_length=60, min_length=1)
    ] = MISSING


class EventBatch(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    events: Annotated[list[EventRecord], Field(max_length=1000, min_length=1)]


class EventRefusal(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    index: Annotated[StrictInt, Field(description='Of the event in its batch, from 0.', ge=0)]
    reason: StrictStr


class PipelineState(BaseModel):
    """
    What the last run of the pipeline left, and what waits for the next.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    run: Annotated[StrictInt, Field(description='Its number; 0 before the first.', ge=0)]
    endedAt: Instant | MISSING = MISSING
    events: Annotated[StrictInt, Field(description='In the tables, each once.', ge=0)]
    duplicates: Annotated[StrictInt, Field(description='Left out by all runs so far.', ge=0)]
    rejected: Annotated[
        StrictInt,
        Field(description='Rows of files that all runs so far set aside with the reason.', ge=0),
    ]
    waiting: Annotated[StrictInt, Field(description='Files that wait for the next run.', ge=0)]


class TableRow(BaseModel):
    """
    Values of a source in an hour or a day. Times are UTC.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    at: Instant
    source: StrictStr
    events: Annotated[StrictInt, Field(description='So many values.', ge=1)]
    total: Annotated[StrictFloat, Field(description='Their sum.')]
    least: StrictFloat
    most: StrictFloat
    last: Annotated[StrictFloat, Field(description='The newest of them.')]
    lastAt: Instant


class TablePage(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    run: Annotated[
        StrictInt, Field(description='The last run of the pipeline when this page was made.', ge=0)
    ]
    rows: list[TableRow]
    next: Annotated[
        StrictStr | MISSING, Field(description='The cursor of the next page; missing in the last.')
    ] = MISSING


class KnownSource(BaseModel):
    """
    What the tables know of a source.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    source: StrictStr
    events: Annotated[StrictInt, Field(description='So many values.', ge=1)]
    since: Instant
    lastAt: Instant


class SourcePage(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    run: Annotated[
        StrictInt, Field(description='The last run of the pipeline when this page was made.', ge=0)
    ]
    sources: list[KnownSource]
    next: Annotated[
        StrictStr | MISSING, Field(description='The cursor of the next page; missing in the last.')
    ] = MISSING


class Problem(BaseModel):
    """
    A refusal, explained (RFC 9457, application/problem+json).
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Annotated[
        StrictStr, Field(description='A kind of problem; about:blank when the status says it all.')
    ]
    title: StrictStr
    status: Annotated[StrictInt, Field(ge=400, le=599)]
    detail: StrictStr | MISSING = MISSING
    instance: StrictStr | MISSING = MISSING
    errors: list[Issue] | MISSING = MISSING


class EventReceipt(BaseModel):
    """
    What became of a batch. What is accepted is on the disk.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    accepted: Annotated[StrictInt, Field(ge=0)]
    duplicates: Annotated[
        StrictInt,
        Field(
            description='Known already; an older one is found later and counted once all the same.',
            ge=0,
        ),
    ]
    refused: list[EventRefusal]
