"""Where the contract says that each operation is; code says only which one it serves or calls."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from fastapi import APIRouter, HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

Handler = TypeVar("Handler", bound=Callable[..., Any])

CONTRACT = Path(__file__).parents[3] / "contract"


class Operation(NamedTuple):
    method: str
    path: str


@cache
def operations() -> dict[str, Operation]:
    """Every operation of contract/openapi by its operationId."""
    found = {}
    for file in (CONTRACT / "openapi").glob("*.yaml"):
        for path, item in yaml.safe_load(file.read_text("utf-8"))["paths"].items():
            for method, described in item.items():
                if "operationId" in described:
                    found[described["operationId"]] = Operation(method.upper(), path)
    return found


def serve(router: APIRouter, operation_id: str, **more: Any) -> Callable[[Handler], Handler]:
    """Serves the operation under its method and path."""
    method, path = operations()[operation_id]
    return router.api_route(path, methods=[method], operation_id=operation_id, **more)


class Hot:
    """An operation as a plain ASGI application, which the edge calls without asking any router.

    It reads and answers by itself, and keeps to the contract like the rest; `endless` has no limit
    of its length.
    """

    def __init__(self, method: str, app: ASGIApp, endless: bool) -> None:
        self.method = method
        self.app = app
        self.endless = endless

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != self.method:
            raise HTTPException(405, headers={"allow": self.method})
        await self.app(scope, receive, send)


def serve_hot(
    router: APIRouter, operation_id: str, endless: bool = False
) -> Callable[[ASGIApp], ASGIApp]:
    """As `serve`, for what is asked so often that FastAPI's own work would be most of it."""
    method, path = operations()[operation_id]

    def add(app: ASGIApp) -> ASGIApp:
        router.routes.append(Route(path, Hot(method, app, endless), name=operation_id))
        return app

    return add
