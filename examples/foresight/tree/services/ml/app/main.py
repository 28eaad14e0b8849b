"""The application: every module of app/routes, behind the edge.

`python -m app.main` serves it; with `--reload` anew whenever a file of app/ changes.
"""

import importlib
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import uvicorn
from fastapi import FastAPI

from app import NAME, problems
from app.config import Config, ConfigError, read
from app.edge import Edge
from app.telemetry import logging_config


def create_app(environ: Mapping[str, str] = os.environ) -> FastAPI:
    config = read(Config, environ)
    # The contract documents the service, not what FastAPI makes of the code.
    app = FastAPI(title=NAME, openapi_url=None)
    app.state.environ = environ
    app.state.checks = {}
    public: set[str] = set()
    for module in route_modules():
        if hasattr(module, "prepare"):
            module.prepare(app)
        if getattr(module, "PUBLIC", False):
            public.update(route.path for route in module.router.routes)
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(Edge, config=config, public=frozenset(public))
    return app


def route_modules() -> Iterator[ModuleType]:
    """A module has a `router`; it may have `prepare(app)` and, if no token is asked for, PUBLIC."""
    for found in pkgutil.iter_modules([str(Path(__file__).parent / "routes")]):
        yield importlib.import_module(f"app.routes.{found.name}")


def main() -> None:
    try:
        config = read(Config, os.environ)
        create_app()  # every other setting is checked here, before a port is opened
    except ConfigError as error:
        sys.exit(f"error: {error}")
    reload = "--reload" in sys.argv[1:]
    # uvicorn drains on SIGTERM and raises the signal again afterwards: that end is a good one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=config.host,
        port=config.port,
        reload=reload,
        reload_dirs=["app"] if reload else None,
        access_log=False,  # the edge logs every request, with its trace
        log_config=logging_config(config.log_level),
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
