"""The model in service and the one in its shadow, as the registry names them; changed while serving."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Literal

from prometheus_client import Counter

from app.model import Model
from app.registry import ModelError, Registry
from app.shadow import PAUSE, Shadow
from app.telemetry import log
from app.watch import Ring

REFUSED = Counter("model_loads_refused_total", "Models that did not get into service", ["role"])
LOOK = 1.0
"""Seconds between two looks at the registry's pointers."""
Role = Literal["current", "shadow"]
Stamp = tuple[int, int] | None


class Store:
    """While there is no model it looks again at each request, so training mends it."""

    def __init__(self, models: Path) -> None:
        self.registry = Registry(models)
        self.model: Model | None = None
        self.shadow: Shadow | None = None
        self.ring = Ring()
        self.refused = 0
        self.reason = ""
        self.stamps: dict[Role, Stamp] = {"current": None, "shadow": None}

    def get(self) -> Model:
        if not self.model:
            stamp = self.stamp("current")
            self.put("current", Model(*self.registry.in_service()).tried())
            self.stamps["current"] = stamp
        assert self.model  # noqa: S101 (for mypy)
        return self.model

    def ready(self) -> bool:
        try:
            self.get()
        except ModelError as error:
            if self.reason != str(error):
                log.warning("not ready: %s", error)
            self.reason = str(error)
            return False
        return True

    def stamp(self, role: Role) -> Stamp:
        """Changes whenever the pointer is replaced."""
        try:
            found = (self.registry.folder / role).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

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
        while True:
            for role in self.stamps:
                stamp = self.stamp(role)
                if stamp != self.stamps[role]:
                    self.stamps[role] = stamp
                    await self.change(role)
            await asyncio.sleep(LOOK)

    async def change(self, role: Role) -> None:
        """Beside the model in service, which answers meanwhile, and goes on if the other is refused."""
        try:
            version = self.registry.current() if role == "current" else self.registry.shadow()
            if not version or (role == "shadow" and version == self.version("current")):
                return self.leave(role)
            if version != self.version(role):
                self.put(role, await asyncio.to_thread(self.load, version))
        except (ModelError, OSError) as error:
            self.refused += 1
            REFUSED.labels(role).inc()
            log.error("refused as %s: %s", role, error)

    def load(self, version: str) -> Model:
        return Model(*self.registry.load(version)).tried()

    def version(self, role: Role) -> str:
        held = self.model if role == "current" else self.shadow and self.shadow.model
        return held.version if held else ""

    def leave(self, role: Role) -> None:
        """Without a shadow there is none; a model in service stays until there is another."""
        if role == "shadow" and self.shadow:
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
