"""The model in service and the one in its shadow, as the registry names them; changed while serving."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Literal, NamedTuple

from prometheus_client import Counter

from app.model import Model
from app.registry import MISSING, ModelError, Registry
from app.shadow import PAUSE, Shadow
from app.telemetry import log
from app.watch import Ring

REFUSED = Counter("model_loads_refused_total", "Models that did not get into service", ["role"])
LOOK, FAR = 1.0, 5.0
"""Seconds between two looks at the registry's pointers, on the disk and at a URL."""
Role = Literal["current", "shadow"]
SILENT = "The registry of models does not answer."


class Wrong(NamedTuple):
    """What a pointer named, and why that is not in service."""

    named: str
    reason: str


class Store:
    """The registry may be slow, or gone: only other threads ask it, and the last model serves on."""

    def __init__(self, models: Path) -> None:
        self.registry = Registry(models)
        self.near = isinstance(models, Path)
        self.model: Model | None = None
        self.shadow: Shadow | None = None
        self.ring = Ring()
        self.refused = 0
        self.wrong: dict[Role, Wrong] = {}

    def get(self) -> Model:
        if self.model:
            return self.model
        wrong = self.wrong.get("current")
        raise ModelError(wrong.reason if wrong else SILENT)

    def ready(self) -> bool:
        return self.model is not None

    def begin(self) -> None:
        """From the disk there is a model when the first request comes; a URL is waited for alive."""
        if self.near:
            self.settle("current", *self.look("current"))

    def tasks(self) -> tuple[Coroutine[None, None, None], ...]:
        """What goes on as long as the service runs."""
        return self.follow(), self.compare()

    async def compare(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            if self.shadow:
                await self.shadow.compare()

    async def follow(self) -> None:
        """A change of a pointer is seen, the model loaded, tried, and taken."""
        roles: tuple[Role, ...] = ("current", "shadow")
        while True:
            for role in roles:
                self.settle(role, *await asyncio.to_thread(self.look, role))
            await asyncio.sleep(LOOK if self.near else FAR)

    def look(self, role: Role) -> tuple[str, Model | Exception | None]:
        """What the pointer names, and its model, or what is wrong; None where that is known already."""
        named = ""
        try:
            named = self.registry.pointer(role)
            return named, self.load(named) if self.wanted(role, named) else None
        except Exception as error:  # what lies behind a URL has errors of its own
            return named, error

    def wanted(self, role: Role, named: str) -> bool:
        """A model that was refused stays so, unless there is none else; what is silent is asked again."""
        if role == "current" and not self.model:
            return True
        wrong = self.wrong.get(role)
        refused = wrong and wrong.named == named and wrong.reason != SILENT
        return not refused and named not in ("", self.version("current"), self.version(role))

    def settle(self, role: Role, named: str, found: Model | Exception | None) -> None:
        """Beside the model in service, which goes on if the other is refused."""
        known = self.wrong.get(role)
        if isinstance(found, Exception):
            self.refuse(role, named, found)
        elif found:
            self.wrong.pop(role, None)
            self.put(role, found)
        else:
            if known and known.named != named:
                del self.wrong[role]
            if role == "shadow" and named in ("", self.version("current")):
                self.leave()

    def refuse(self, role: Role, named: str, error: Exception) -> None:
        """Counted and told once; what a place says of itself, such as its address, is for the log."""
        wrong = Wrong(named, str(error) if isinstance(error, ModelError) else SILENT)
        if wrong == self.wrong.get(role):
            return
        self.wrong[role] = wrong
        if named:
            self.refused += 1
            REFUSED.labels(role).inc()
        log.error("refused as %s: %s", role, error if wrong.reason != SILENT else repr(error))

    def load(self, version: str) -> Model:
        if not version:
            raise ModelError(MISSING)
        return Model(*self.registry.load(version)).tried()

    def version(self, role: Role) -> str:
        held = self.model if role == "current" else self.shadow and self.shadow.model
        return held.version if held else ""

    def leave(self) -> None:
        if self.shadow:
            log.info("no shadow any more")
            self.shadow = None

    def put(self, role: Role, model: Model) -> None:
        if role == "current":
            self.model, self.ring = model, Ring()
        if role == "shadow":
            self.shadow = Shadow(model)
        elif self.shadow:  # compared with another from here on, and not with itself
            other = self.shadow.model
            self.shadow = Shadow(other) if other.version != model.version else None
        told = "model in service" if role == "current" else "model in the shadow"
        log.info(told, extra={"fields": {"model": model.version}})
