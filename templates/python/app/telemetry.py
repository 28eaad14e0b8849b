"""What the service tells about its work: the trace of each request, and one line of JSON per event."""

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from app import NAME

TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")


class Trace:
    def __init__(self, traceparent: str = "") -> None:
        found = TRACEPARENT.fullmatch(traceparent)
        self.id, self.flags = found.groups() if found else (secrets.token_hex(16), "01")
        self.span = secrets.token_hex(8)
        self.start = self.last = perf_counter()
        self.laps: list[tuple[str, float]] = []

    def lap(self, step: str) -> None:
        """The step that ends now; it began where the one before it ended."""
        now = perf_counter()
        self.laps.append((step, (now - self.last) * 1000))
        self.last = now

    def traceparent(self) -> str:
        return f"00-{self.id}-{self.span}-{self.flags}"

    def server_timing(self) -> str:
        return ", ".join(f"{step};dur={ms:.3f}" for step, ms in self.laps)


current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def lap(step: str) -> None:
    trace = current.get()
    if trace:
        trace.lap(step)


# The Node services' names for levels; both languages read one LOG_LEVEL.
LEVELS = {"trace": "DEBUG", "warn": "WARNING", "fatal": "CRITICAL"}
log = logging.getLogger("app")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request = current.get()
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": NAME,
            "message": record.getMessage(),
            **({"trace": request.id} if request else {}),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


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
