# Made from contract/schemas by `python tasks.py generate`: change it there.

from __future__ import annotations

from typing import Annotated, Literal

from app.strict import AwareDatetime, BaseModel, StrictInt
from pydantic import MISSING, ConfigDict, Field, StrictStr
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
