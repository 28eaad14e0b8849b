"""The trace that a request belongs to (W3C traceparent), and the time that its steps here took."""

import re
import secrets
from contextvars import ContextVar
from time import perf_counter

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
