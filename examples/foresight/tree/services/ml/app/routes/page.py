"""The page at /: the files of app/page, and nothing from anywhere else."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

PUBLIC = True
FOLDER = Path(__file__).parent.parent / "page"
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:",
    "cache-control": "no-cache",
}
router = APIRouter(include_in_schema=False)


@router.get("/")
async def index() -> FileResponse:
    return FileResponse(FOLDER / "index.html", headers=HEADERS)


@router.get("/page.css")
async def style() -> FileResponse:
    return FileResponse(FOLDER / "page.css", headers=HEADERS)


@router.get("/page.js")
async def script() -> FileResponse:
    return FileResponse(FOLDER / "page.js", headers=HEADERS)
