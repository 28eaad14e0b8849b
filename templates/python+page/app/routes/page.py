"""The page at /: the files of app/page. Each module in its panels/ is a panel: drop one in and it appears."""

from pathlib import Path

from fastapi import Response

from app.routes.docs import HEADERS, serve_files

PAGE = Path(__file__).parent.parent / "page"
PUBLIC = True
router = serve_files(PAGE, "/")
router.routes.extend(serve_files(PAGE / "panels", "/panels/").routes)


@router.get("/panels.js", include_in_schema=False)
async def panels() -> Response:
    """Imports all of them."""
    names = sorted(file.name for file in (PAGE / "panels").glob("*.js"))
    lines = "".join(f'import "./panels/{name}"\n' for name in names)
    return Response(lines, media_type="text/javascript", headers=HEADERS)
