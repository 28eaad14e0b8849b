# Made from contract/schemas by `python tasks.py generate`: change it there.

from __future__ import annotations

from typing import Annotated, Literal

from app.strict import UUID, AwareDatetime, BaseModel, StrictInt
from pydantic import MISSING, ConfigDict, Field, StrictFloat, StrictStr
from typing_extensions import TypeAliasType


class NewJob(BaseModel):
    """
    How much a store has to hold so that a year passes without running out, with the wished probability, when a delivery fills it every so many days. Found by simulating years of random demand.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    demand: Annotated[StrictFloat, Field(description='Mean demand of a day.', ge=0.1, le=1000000.0)]
    spread: Annotated[
        StrictFloat,
        Field(description="Standard deviation of a day's demand.", ge=0.1, le=1000000.0),
    ]
    days: Annotated[
        StrictInt, Field(description='Days from one delivery to the next.', ge=1, le=60)
    ]
    probability: Annotated[
        StrictFloat, Field(description='That a year passes without running out.', ge=0.5, le=0.999)
    ]
    years: Annotated[StrictInt, Field(description='How many are simulated.', ge=1000, le=1000000)]
    seed: Annotated[
        StrictInt, Field(description='The same seed gives the same result.', ge=0, le=4294967295)
    ]


Count = TypeAliasType("Count", Annotated[StrictInt, Field(ge=0)])


class Result(BaseModel):
    """
    What the simulated years needed; of the simulation's own error the standard deviation is told.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    stock: Annotated[StrictFloat, Field(description='What the store has to hold.')]
    error: Annotated[StrictFloat, Field(description='Standard error of `stock`.', ge=0.0)]
    years: Annotated[StrictInt, Field(ge=1)]
    lowest: Annotated[StrictFloat, Field(description='Least that a simulated year needed.')]
    highest: Annotated[StrictFloat, Field(description='Most that one needed.')]
    counts: Annotated[
        list[Count],
        Field(
            description='How many years needed how much, in equal steps from `lowest` to `highest`.'
        ),
    ]


Instant = TypeAliasType("Instant", Annotated[AwareDatetime, Field(description='RFC 3339 in UTC')])


class Job(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    id: UUID
    state: Annotated[
        Literal['queued', 'running', 'done', 'failed', 'cancelled'],
        Field(description='A job that ran when the service ended is queued again and starts anew.'),
    ]
    progress: Annotated[StrictFloat, Field(ge=0.0, le=1.0)]
    request: NewJob
    result: Result | MISSING = MISSING
    reason: Annotated[StrictStr | MISSING, Field(description='Why it failed.')] = MISSING
    createdAt: Instant
    startedAt: Instant | MISSING = MISSING
    endedAt: Instant | MISSING = MISSING


class Jobs(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    jobs: list[Job]
