"""The application: every module of app/routes, behind the edge."""

import importlib
import os
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType

from fastapi import FastAPI

from app import NAME, problems, routes
from app.config import Config, read
from app.edge import Edge


def create_app(environ: Mapping[str, str] = os.environ) -> FastAPI:
    config = read(Config, environ)
    # The pages of /docs would load scripts from a foreign host; the contract documents the service.
    app = FastAPI(title=NAME, docs_url=None, redoc_url=None)
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
    for found in pkgutil.iter_modules(routes.__path__):
        yield importlib.import_module(f"{routes.__name__}.{found.name}")
