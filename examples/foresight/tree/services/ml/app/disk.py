"""Files that are replaced whole: after a power cut there is the old one or the new one."""

import hashlib
import os
import secrets
from pathlib import Path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


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
