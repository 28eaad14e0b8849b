"""What was accepted and waits for the pipeline: lines of JSON in files that only grow.

One process writes `<time>-<process>.open` and holds its lock; sealed it is called `.ndjson`, is never written again,
and may be taken. What a killed process left open has no lock and is sealed by whoever comes next.
"""

import asyncio
import os
import threading
from contextlib import suppress
from pathlib import Path
from time import time_ns

from app.disk import sync_folder, take

SEGMENT = 16 << 20
"""In bytes: about where the next file begins."""


class FullError(Exception):
    """More waits than the inbox may hold."""


class Batch:
    """Lines that share one write."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.written = False


class Inbox:
    def __init__(self, folder: Path, limit: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        seal_left(folder)
        self.folder = folder
        self.limit = limit
        """In bytes."""
        self.batch = Batch()
        self.next = asyncio.Lock()
        self.turn = threading.Lock()
        self.file: int | None = None
        self.path = folder
        self.size = 0

    async def append(self, lines: bytes) -> None:
        """Returns once they are on the disk; who comes during a write shares the next one.

        Raises FullError, or OSError when the disk takes no more: then none of it was accepted.
        """
        batch = self.batch
        batch.lines.append(lines)
        async with self.next:
            if not batch.written:
                if self.batch is batch:
                    self.batch = Batch()
                await asyncio.to_thread(self.write, b"".join(batch.lines))
                batch.written = True

    def write(self, content: bytes) -> None:
        with self.turn:
            if self.size > SEGMENT:
                self.close()
            file = self.open() if self.file is None else self.file
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[os.write(file, rest) :]
                os.fsync(file)
            except OSError:
                self.close()  # without what was written of it
                raise
            self.size += len(content)

    def open(self) -> int:
        if sum(path.stat().st_size for path in sealed(self.folder)) > self.limit:
            raise FullError
        self.path = self.folder / f"{time_ns():020d}-{os.getpid()}.open"
        hidden = self.path.with_suffix(".new")
        self.file = os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        take(self.file)
        hidden.rename(self.path)  # with its lock: nobody takes it for one that was left
        sync_folder(self.folder)
        self.size = 0
        return self.file

    def seal(self) -> None:
        """Lets the pipeline take what was accepted so far."""
        with self.turn:
            self.close()

    def close(self) -> None:
        if self.file is not None:
            os.ftruncate(self.file, self.size)
            os.close(self.file)
            self.file = None
            with suppress(FileNotFoundError):  # somebody else was faster
                self.path.rename(self.path.with_suffix(".ndjson"))


def sealed(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(folder.glob("*.ndjson"))


def seal_left(folder: Path) -> None:
    """Of a line that was cut off nobody was told that it is accepted."""
    for path in folder.glob("*.open"):
        with suppress(OSError), path.open("rb+") as file:  # its process lives
            take(file.fileno())
            whole = file.read().rfind(b"\n") + 1
            file.truncate(whole)
            os.fsync(file.fileno())
            path.rename(path.with_suffix(".ndjson"))
