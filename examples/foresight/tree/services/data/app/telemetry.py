"""What the service tells about its work: the trace of each request, and one line of JSON per event."""

import asyncio
import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from random import getrandbits
from time import perf_counter, time
from typing import Any

from app import NAME

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


class Trace:
    """Of one request. Its numbers are no secret: they need not come from the system."""

    def __init__(self, traceparent: str = "") -> None:
        found = TRACEPARENT.fullmatch(traceparent)
        self.id, self.flags = found.groups() if found else (f"{getrandbits(128):032x}", "01")
        self.span = f"{getrandbits(64):016x}"
        self.start = self.last = perf_counter()
        self.timing = ""

    def lap(self, step: str) -> None:
        """The step that ends now; it began where the one before it ended."""
        now = perf_counter()
        before = f"{self.timing}, " if self.timing else ""
        self.timing = f"{before}{step};dur={(now - self.last) * 1000:.3f}"
        self.last = now

    def traceparent(self) -> str:
        return f"00-{self.id}-{self.span}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def lap(step: str) -> None:
    trace = current.get()
    if trace:
        trace.lap(step)


# The Node services' names for levels; both languages read one LOG_LEVEL.
LEVELS = {"trace": "DEBUG", "warn": "WARNING", "fatal": "CRITICAL"}
log = logging.getLogger("app")


def instant(seconds: float) -> str:
    return f"{to_the_second(int(seconds))}.{int(seconds % 1 * 1000):03d}+00:00"


@lru_cache(1)
def to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request = current.get()
        line: dict[str, Any] = {
            "time": instant(record.created),
            "level": record.levelname.lower(),
            "service": NAME,
            "message": record.getMessage(),
            **({"trace": request.id} if request else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def answered(level: int, method: str, path: str, status: int, seconds: float) -> None:
    """The line of a request, as JsonLines would write it, at a tenth of its cost; all lines of one
    turn of the loop reach the system together."""
    if not log.isEnabledFor(level):
        return
    request = current.get()
    trace = f'"trace": "{request.id}", ' if request else ""
    lines.add(
        f'{{"time": "{instant(time())}", "level": "{logging.getLevelName(level).lower()}", '
        f'"service": "{NAME}", "message": "answered", {trace}"method": "{method}", '
        f'"path": {encode_basestring(path)}, "status": {status}, "ms": {seconds * 1000:.2f}}}\n'
    )


class Lines:
    """For stdout, written once in a turn of the loop."""

    def __init__(self) -> None:
        self.waiting: list[str] = []

    def add(self, line: str) -> None:
        if not self.waiting:
            asyncio.get_running_loop().call_soon(self.write)
        self.waiting.append(line)

    def write(self) -> None:
        sys.stdout.write("".join(self.waiting))
        sys.stdout.flush()
        self.waiting.clear()


lines = Lines()


def logging_config(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {
            "out": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"handlers": ["out"], "level": LEVELS.get(level, level.upper())},
    }
