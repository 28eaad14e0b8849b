"""The page at /: the files of app/page."""

from pathlib import Path

from app.routes.docs import serve_files

PUBLIC = True
router = serve_files(Path(__file__).parent.parent / "page", "/")
