"""What an operation that is plain ASGI does for itself: types, bodies, answers."""

import asyncio
from typing import Any

from fastapi import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send


def header(scope: Scope, wanted: bytes) -> bytes:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value)
    return b""


def type_of(scope: Scope, *taken: bytes) -> bytes:
    """The type of the body, which is one of those."""
    given = header(scope, b"content-type")
    if given not in taken:
        given = given.split(b";")[0].strip().lower()
    if given not in taken:
        raise HTTPException(415, f"The body has to be {b' or '.join(taken).decode()}.")
    return given


async def body_of(receive: Receive, seconds: float) -> bytes:
    """Once it has begun it may take so long to come."""
    message = await receive()
    if not message.get("more_body"):
        return content(message)
    parts = [content(message)]
    try:
        async with asyncio.timeout(seconds):
            while message.get("more_body"):
                message = await receive()
                parts.append(content(message))
    except TimeoutError:
        raise HTTPException(408, f"The body did not come within {seconds:g} seconds.") from None
    return b"".join(parts)


def content(message: Any) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    return body


async def begin(send: Send, mime: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", mime), *more]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def answer(send: Send, mime: bytes, body: bytes, *more: tuple[bytes, bytes]) -> None:
    await begin(send, mime, (b"content-length", b"%d" % len(body)), *more)
    await send({"type": "http.response.body", "body": body})
