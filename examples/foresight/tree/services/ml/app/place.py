"""Where a registry is: a folder or a URL, such as s3://bucket/models, where universal-pathlib and what
it takes for that scheme are installed."""

from pathlib import Path
from typing import cast


def place(where: str) -> Path:
    if "://" not in where:
        return Path(where)
    try:
        from upath import UPath
    except ModuleNotFoundError:
        raise ValueError(f"{where} takes universal-pathlib: pip install it") from None
    return cast(Path, UPath(where))  # it can do the same, and a local one is a Path
