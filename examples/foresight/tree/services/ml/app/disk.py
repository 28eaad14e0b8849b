"""Files that are replaced whole: after a power cut there is the old one or the new one.

A folder may also be a URL, such as s3://bucket/models, where universal-pathlib and what it takes for
that scheme are installed.
"""

import hashlib
import os
import secrets
from pathlib import Path
from typing import cast


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def place(where: str) -> Path:
    if "://" not in where:
        return Path(where)
    try:
        from upath import UPath
    except ModuleNotFoundError:
        raise ValueError(f"{where} takes universal-pathlib: pip install it") from None
    return cast(Path, UPath(where))  # it can do the same, and a local one is a Path


def replace(path: Path, content: bytes) -> None:
    """By one rename, on the disk when this returns; a store of objects does so by itself."""
    if not isinstance(path, Path):
        path.write_bytes(content)
        return
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Until then the rename itself might be lost; Windows has no such call, and needs none."""
    if os.name == "posix" and isinstance(folder, Path):
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
