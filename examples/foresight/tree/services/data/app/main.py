"""The application: every module of app/routes, behind the edge.

`python -m app.main` serves it; with `--reload` anew whenever a file of app/ changes.
"""

import asyncio
import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from socket import socket
from types import ModuleType
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app import NAME, problems
from app.config import Config, ConfigError, read
from app.cork import Protocol
from app.edge import Edge
from app.operations import Hot
from app.telemetry import logging_config


class App(FastAPI):
    """Behind the edge, which calls what is hot past all of FastAPI."""

    edge: Edge

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self.edge(scope, receive, send)


def create_app(environ: Mapping[str, str] = os.environ) -> FastAPI:
    config = read(Config, environ)
    # The contract documents the service, not what FastAPI makes of the code.
    app = App(title=NAME, openapi_url=None)
    app.state.environ = environ
    app.state.checks = {}
    public: set[str] = set()
    hot: dict[str, Hot] = {}
    for module in route_modules():
        if hasattr(module, "prepare"):
            module.prepare(app)
        if getattr(module, "PUBLIC", False):
            public.update(route.path for route in module.router.routes)
        for route in module.router.routes:
            if isinstance(route.endpoint, Hot):
                hot[route.path] = route.endpoint
        app.include_router(module.router)
    problems.install(app)
    app.edge = Edge(app.routed, config, frozenset(public), hot)
    return app


def route_modules() -> Iterator[ModuleType]:
    """A module has a `router`; it may have `prepare(app)` and, if no token is asked for, PUBLIC."""
    for found in pkgutil.iter_modules([str(Path(__file__).parent / "routes")]):
        yield importlib.import_module(f"app.routes.{found.name}")


APP = "app.main:create_app"
LEAVE = 0.5
"""Seconds in which callers are asked to leave, before idle connections are cut."""


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Whoever asks once more is answered, and told not to keep the connection: were it cut, its
        next request might be under way."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LEAVE)
        await super().shutdown(sockets)


def main() -> None:
    try:
        config = read(Config, os.environ)
        create_app()  # every other setting is checked here, before a port is opened
    except ConfigError as error:
        sys.exit(f"error: {error}")
    # uvicorn drains on SIGTERM and raises the signal again afterwards: that end is a good one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options: dict[str, Any] = {
        "factory": True,
        "http": Protocol,
        "host": config.host,
        "port": config.port,
        "access_log": False,  # the edge logs every request, with its trace
        "log_config": logging_config(config.log_level),
        "server_header": False,
        "proxy_headers": False,  # nothing here depends on the caller's address
        "timeout_graceful_shutdown": 10,
    }
    if "--reload" in sys.argv[1:]:
        uvicorn.run(APP, reload=True, reload_dirs=["app"], **options)
    else:
        server = Server(uvicorn.Config(APP, **options))
        with suppress(KeyboardInterrupt):
            server.run()
        sys.exit(0 if server.started else "error: the service could not start")


if __name__ == "__main__":
    main()
