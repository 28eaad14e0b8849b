"""The contract to read: a page under /docs/, and what it shows as JSON."""

import json
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse, Response

from app import NAME
from app.operations import CONTRACT

PUBLIC = True
# A page loads nothing from elsewhere, nobody frames it, and a new version of it is seen at once.
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def serve_files(folder: Path, at: str) -> APIRouter:
    """Each file of a folder as it stands, and index.html as the folder itself."""
    files = APIRouter(include_in_schema=False)
    for file in folder.glob("[!.]*.*"):
        files.add_api_route(at if file.name == "index.html" else at + file.name, sender(file))
    return files


def sender(file: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(file, headers=HEADERS)

    return send


router = serve_files(CONTRACT / "docs", "/docs/")


@router.get("/docs")
async def docs() -> RedirectResponse:
    return RedirectResponse("docs/")


@router.get("/docs/contract.json")
def contract() -> Response:
    return Response(parsed(), media_type="application/json", headers=HEADERS)


@cache
def parsed() -> str:
    told = {
        "service": NAME,
        "openapi": dict(documents("openapi")),
        "asyncapi": dict(documents("asyncapi")),
        "schemas": {area: document["$defs"] for area, document in documents("schemas")},
    }
    return json.dumps(told, default=str)  # YAML has times, JSON has none


def documents(folder: str) -> Iterator[tuple[str, Any]]:
    for file in sorted((CONTRACT / folder).glob("*.yaml")):
        yield file.stem, yaml.safe_load(file.read_text("utf-8"))
