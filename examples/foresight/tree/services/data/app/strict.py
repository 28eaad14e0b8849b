"""Where pydantic is laxer, or stricter, than JSON Schema; app/contract.py is built upon this."""

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated

import pydantic
from pydantic import BeforeValidator, ConfigDict, Strict


class BaseModel(pydantic.BaseModel):
    # JSON knows neither NaN nor Infinity; Python's parser lets both in.
    model_config = ConfigDict(allow_inf_nan=False)


def whole(value: object) -> object:
    """To JSON Schema 7.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


StrictInt = Annotated[int, Strict(), BeforeValidator(whole)]


def instant(value: object) -> object:
    """Of the many forms of a time one is right: RFC 3339 in UTC."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return value
    raise ValueError("must be a time in UTC, such as 2026-01-04T23:30:00Z")


def hyphenated(value: object) -> object:
    """Of the many forms of a UUID one is right: five groups."""
    if isinstance(value, uuid.UUID) or (isinstance(value, str) and GROUPS.fullmatch(value)):
        return value
    raise ValueError("must be a UUID, such as 3f0c4f0a-6a51-4d2e-9c1b-0d6a5b1e2f3a")


INSTANT = re.compile(r"(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?Z", re.ASCII)
GROUPS = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.ASCII | re.IGNORECASE)
AwareDatetime = Annotated[datetime, BeforeValidator(instant)]
UUID = Annotated[uuid.UUID, BeforeValidator(hyphenated)]
