"""One JSON object per line on stdout, with the trace of the request it was written for."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from app import NAME, trace

# The Node services' names for levels; both languages read one LOG_LEVEL.
LEVELS = {"trace": "DEBUG", "warn": "WARNING", "fatal": "CRITICAL"}
log = logging.getLogger("app")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request = trace.current.get()
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
