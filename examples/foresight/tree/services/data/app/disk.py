"""Writing that lasts: a file stands whole under its name or not at all, whenever the power goes."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def take(file: int) -> None:
        """Until the file is closed or the process ends, however it ends. Raises OSError if taken."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class BusyError(Exception):
    """Another process does the same at this moment."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Raises BusyError while another process is inside."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            take(file.fileno())
        except OSError as error:
            raise BusyError(f"{path} is taken: another run is under way") from error
        yield


def replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    settle(beside, path)


def settle(beside: Path, path: Path) -> None:
    """Gives a file that is written its name. Once this returns, both are on the disk."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    if sys.platform != "win32":  # which has no such thing
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
