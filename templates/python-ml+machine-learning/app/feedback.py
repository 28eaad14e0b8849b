"""What came true, as lines of JSON in a file for each day; `python -m app.retrain` learns from them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from app.contract import Outcome
from app.disk import sync
from app.telemetry import log


class FullError(Exception):
    """There are as many outcomes as are kept."""


class Feedback:
    def __init__(self, folder: Path, most: int) -> None:
        self.folder = folder
        self.most = most
        self.lock = Lock()
        self.keys = {key for file in sorted(folder.glob("*.jsonl")) for key in keys_of(file)}

    def keep(self, outcome: Outcome) -> bool:
        """Whether it is new. It is on the disk when this returns."""
        with self.lock:
            if outcome.key in self.keys:
                return False
            if len(self.keys) >= self.most:
                raise FullError
            now = datetime.now(UTC)
            at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = json.dumps({"at": at} | outcome.model_dump()).encode()
            self.append(self.folder / f"{now:%Y-%m-%d}.jsonl", line)
            self.keys.add(outcome.key)
            return True

    def append(self, path: Path, line: bytes) -> None:
        """What a crash cut off, or a full disk, spoils no line but itself."""
        fresh = not path.exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end:
                file.seek(end - 1)
                line = (b"" if file.read(1) == b"\n" else b"\n") + line
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync(self.folder)


def keys_of(file: Path) -> list[str]:
    found = []
    for line in file.read_bytes().splitlines():
        try:
            found.append(str(json.loads(line)["key"]))
        except (ValueError, KeyError, TypeError):
            log.warning("%s has a line that is broken; it is passed over", file.name)
    return found
