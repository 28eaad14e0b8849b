"""Where the contract says that each operation is; code says only which one it serves or calls."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from fastapi import APIRouter

Route = TypeVar("Route", bound=Callable[..., Any])

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


def serve(router: APIRouter, operation_id: str, **more: Any) -> Callable[[Route], Route]:
    """Serves the operation under its method and path."""
    method, path = operations()[operation_id]
    return router.api_route(path, methods=[method], operation_id=operation_id, **more)
