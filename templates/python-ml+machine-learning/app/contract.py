# Made from contract/schemas by `python tasks.py generate`: change it there.

from __future__ import annotations

from typing import Annotated, Literal

from app.strict import AwareDatetime, BaseModel, StrictInt
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


class Features(BaseModel):
    """
    What is known of a source at its newest reading. The window is its last 12 readings, the newest included; fewer when there are fewer.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    hour: Annotated[StrictInt, Field(description='Hour of the newest reading in UTC.', ge=0, le=23)]
    weekday: Annotated[StrictInt, Field(description='Its day in UTC, Monday is 0.', ge=0, le=6)]
    last: Annotated[
        StrictFloat, Field(description='Its value.', ge=-1000000000000.0, le=1000000000000.0)
    ]
    mean: Annotated[
        StrictFloat,
        Field(description='Mean of the window.', ge=-1000000000000.0, le=1000000000000.0),
    ]
    trend: Annotated[
        StrictFloat,
        Field(
            description='(last - first) / (count - 1) of the window; 0 for a single reading.',
            ge=-2000000000000.0,
            le=2000000000000.0,
        ),
    ]


class Score(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    value: Annotated[StrictFloat, Field(description='The value that the model expects next.')]
    model: Annotated[StrictStr, Field(description='The version of the model.')]


class ScoreBatch(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    rows: Annotated[list[Features], Field(max_length=1000, min_length=1)]


class Scores(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    values: Annotated[
        list[StrictFloat], Field(description='One per row, in the order of the rows.')
    ]
    model: StrictStr


class ScoredLine(BaseModel):
    """
    The score of a line of a stream.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['scored']
    line: Annotated[
        StrictInt,
        Field(description='Of the lines that were sent, counted from 1; empty ones are not.', ge=1),
    ]
    value: StrictFloat
    model: StrictStr


class RefusedLine(BaseModel):
    """
    What is wrong with a line of a stream; those after it are scored all the same.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    type: Literal['refused']
    line: Annotated[StrictInt, Field(ge=1)]
    errors: list[Issue]


class Quality(BaseModel):
    """
    How well the model did on examples that it had not seen, and what it had to reach.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    metric: StrictStr
    value: StrictFloat
    threshold: StrictFloat


class Outcome(BaseModel):
    """
    What came true for a row; the model is retrained on such.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    key: Key
    row: Features
    outcome: Annotated[
        StrictFloat,
        Field(description='The value that did come next.', ge=-1000000000000.0, le=1000000000000.0),
    ]


class Drift(BaseModel):
    """
    Population stability index against the data that the model learned from. Below 0.1 little has changed; above 0.25 much has.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    name: Annotated[StrictStr, Field(description='A feature; or score.')]
    psi: Annotated[StrictFloat, Field(ge=0.0)]


class Latency(BaseModel):
    """
    Milliseconds until a scored request was answered, over the window.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    p50: StrictFloat
    p99: StrictFloat


class Outcomes(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    count: Annotated[StrictInt, Field(description='Told since this model came into service.', ge=0)]
    error: Annotated[
        StrictFloat, Field(description='Mean distance between its score and what came true.')
    ]


class Shadow(BaseModel):
    """
    A candidate that scores along; nobody is answered by it.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    model: StrictStr
    rows: Annotated[StrictInt, Field(description='Scored by both.', ge=0)]
    difference: Annotated[StrictFloat, Field(description='Mean distance between both scores.')]
    largest: StrictFloat
    skipped: Annotated[StrictInt, Field(description='Rows that it had no time for.', ge=0)]


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


class Model(BaseModel):
    """
    The card of the model in service, from its manifest.
    """

    model_config = ConfigDict(
        extra='forbid',
    )
    model: Annotated[StrictStr, Field(description='Its version.')]
    trainedAt: Instant
    rows: Annotated[StrictInt, Field(description='How many examples it learned from.', ge=1)]
    features: list[StrictStr]
    quality: Quality
    sha256: Annotated[
        StrictStr, Field(description='Of the ONNX artefact.', pattern='^[0-9a-f]{64}$')
    ]


class Watch(BaseModel):
    model_config = ConfigDict(
        extra='forbid',
    )
    model: Annotated[
        StrictStr | None, Field(description='The version in service; null while there is none.')
    ]
    rows: Annotated[StrictInt, Field(description='Scored by it since it came into service.', ge=0)]
    window: Annotated[
        StrictInt, Field(description='How many of them, the latest, the drift is told from.', ge=0)
    ]
    drift: Annotated[
        list[Drift],
        Field(
            description='One per feature, and one of the scores; none while the window holds too few rows.'
        ),
    ]
    latency: Latency
    outcomes: Outcomes
    loadsRefused: Annotated[
        StrictInt, Field(description='Models that did not get into service.', ge=0)
    ]
    shadow: Shadow | MISSING = MISSING
