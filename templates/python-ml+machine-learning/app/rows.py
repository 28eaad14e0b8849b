"""Rows as they come over the wire. What is right is read fast; the rest is explained by the contract.

msgspec reads JSON into a struct that is made of the contract's Features, and takes nothing that they
would refuse. What it does refuse goes to pydantic, which finds every wrong place, and knows that 7.0
is an integer.
"""

from itertools import chain
from struct import Struct
from typing import Annotated, Any

import msgspec
import numpy as np
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from app.contract import Features, ScoreBatch
from app.features import NAMES, Rows, table

WIDTH = len(NAMES) * 4
SHOWN = 20
"""Wrong places of a table that are told; there may be thousands."""


def limit(name: str, kind: str) -> float | None:
    """What the contract says: `ge` or `le`."""
    known = (getattr(one, kind, None) for one in Features.model_fields[name].metadata)
    found: float | None = next((one for one in known if one is not None), None)
    return found


def type_of(name: str) -> Any:
    limits = msgspec.Meta(ge=limit(name, "ge"), le=limit(name, "le"))
    return Annotated[Features.model_fields[name].annotation, limits]


def bounds(kind: str, without: float) -> Rows:
    found = (limit(name, kind) for name in NAMES)
    return np.array([without if one is None else one for one in found], np.float32)


LOW, HIGH = bounds("ge", float("-inf")), bounds("le", float("inf"))
WHOLE = np.array([field.annotation is int for field in Features.model_fields.values()])


def struct(name: str, fields: dict[str, Any]) -> type[msgspec.Struct]:
    pairs = list(fields.items())
    return msgspec.defstruct(name, pairs, forbid_unknown_fields=True, gc=False)


ROW = struct("Row", {name: type_of(name) for name in NAMES})
ONE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ROW)
MANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder(struct("Batch", {"rows": list[ROW]}))  # type: ignore[valid-type]
PACK = Struct(f"<{len(NAMES)}f").pack
fields_of = msgspec.structs.astuple


def one(body: bytes) -> Rows:
    try:
        row = ONE.decode(body)
    except msgspec.MsgspecError:
        return table([explained(Features, body)])
    return np.frombuffer(PACK(*fields_of(row)), np.float32).reshape(1, -1)


def many(body: bytes, most: int) -> Rows:
    try:
        rows = MANY.decode(body).rows
    except msgspec.MsgspecError:
        return table(explained(ScoreBatch, body).rows)
    if not 0 < len(rows) <= most:
        raise wrong("/rows", f"between 1 and {most} rows, not {len(rows)}")
    values = chain.from_iterable(map(fields_of, rows))
    return np.fromiter(values, np.float32, len(rows) * len(NAMES)).reshape(-1, len(NAMES))


def binary(body: bytes, most: int) -> Rows:
    """float32, little endian, row after row."""
    if len(body) % WIDTH or not 0 < len(body) <= WIDTH * most:
        told = (
            f"1 to {most} rows of {len(NAMES)} float32, {WIDTH} bytes each, not {len(body)} bytes"
        )
        raise wrong("", told)
    rows = np.frombuffer(body, "<f4").reshape(-1, len(NAMES))
    right = (rows >= LOW) & (rows <= HIGH) & np.isfinite(rows)
    right[:, WHOLE] &= np.rint(rows[:, WHOLE]) == rows[:, WHOLE]
    if not right.all():
        raise RequestValidationError([place(*at) for at in np.argwhere(~right)[:SHOWN].tolist()])
    return rows


def place(row: int, column: int) -> dict[str, Any]:
    kind = "an integer" if WHOLE[column] else "a number"
    told = f"must be {kind} from {LOW[column]:g} to {HIGH[column]:g}"
    return {"type": "value", "loc": ("body", "rows", row, NAMES[column]), "msg": told}


def wrong(path: str, told: str) -> RequestValidationError:
    loc = ("body", *path.split("/")[1:])
    return RequestValidationError([{"type": "value", "loc": loc, "msg": told}])


def explained(kind: type[Any], body: bytes) -> Any:
    """By the contract's own model, which names every wrong place."""
    try:
        return TypeAdapter(kind).validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=True)
        raise RequestValidationError(
            [one | {"loc": ("body", *one["loc"])} for one in found]
        ) from None
