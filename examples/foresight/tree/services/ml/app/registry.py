"""Models on disk: every version that was trained, and which of them is in service.

    models/<version>/{model.onnx, manifest.json, report.html}
    models/current, models/shadow    hold the name of a version, replaced by one rename
    models/history                   a line for each promotion and roll back: time, version, which
    models/lock                      held by whoever changes one of these three

Never a pickle: an ONNX graph is data, and its manifest tells the sum that its bytes must have.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.disk import replace, sha256, sync
from app.manifest import Manifest

TRAIN = "python tasks.py train"
MISSING = f"There is no model yet: run `{TRAIN}`."
BUSY = "Another process changes which model is in service: try again when it has ended."
NAME = re.compile(r"[0-9a-f]{12}")
"""A version: how the sum of its graph begins. Nothing else is ever made part of a path."""
PATIENCE = 10.0
"""Seconds to wait for another process that changes what is in service."""
NOTE = re.compile(r"^\S+ ([0-9a-f]{12}) (promoted|rolled-back)\b", re.MULTILINE)


class ModelError(Exception):
    """No model, or one that cannot be trusted; says what to do about it."""


class Registry:
    """Readers never see half a change: each file is replaced whole, a version's manifest last."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self) -> list[str]:
        found = (path.parent.name for path in self.folder.glob("*/manifest.json"))
        return sorted(filter(NAME.fullmatch, found))

    def current(self) -> str | None:
        found = self.pointer("current")
        return checked(found) if found else None

    def shadow(self) -> str | None:
        found = self.pointer("shadow")
        return checked(found) if found else None

    def in_service(self) -> tuple[bytes, Manifest]:
        version = self.current()
        if not version:
            raise ModelError(MISSING)
        return self.load(version)

    def load(self, version: str) -> tuple[bytes, Manifest]:
        """The graph and its manifest, if the graph is what the manifest says that it is."""
        folder = self.folder / checked(version)
        try:
            manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
            graph = (folder / "model.onnx").read_bytes()
        except (FileNotFoundError, NotADirectoryError, ValueError) as error:
            raise ModelError(f"Model {version} cannot be read: run `{TRAIN}`.") from error
        if sha256(graph) != manifest.sha256 or not manifest.sha256.startswith(version):
            raise ModelError(f"Model {version} is not the one that was trained: run `{TRAIN}`.")
        return graph, manifest

    def publish(self, graph: bytes, manifest: Manifest, report: str) -> Path:
        """Adds the version; it comes into service by `promote`."""
        folder = self.folder / checked(manifest.version)
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / "model.onnx", graph)
        replace(folder / "report.html", report.encode())
        replace(folder / "manifest.json", manifest.model_dump_json(indent=2).encode() + b"\n")
        sync(self.folder)
        return folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process changes what is in service between a verdict and what follows from it.

        SQLite's lock is one that every system has, and that ends with its process. A registry at a
        URL has none: there whoever promotes has to see to it that nobody else does.
        """
        if not isinstance(self.folder, Path) or not self.folder.exists():
            yield
            return
        path = self.folder / "lock"
        try:
            with closing(sqlite3.connect(path, PATIENCE)) as lock:
                lock.execute("begin exclusive")
                yield
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            raise ModelError(BUSY if busy else f"{path}: {error}") from error

    def promote(self, version: str, reason: str = "") -> None:
        self.load(version)
        if version != self.pointer("current"):
            replace(self.folder / "current", version.encode() + b"\n")
            self.note(f"{version} promoted {' '.join(reason.split())}".strip())

    def roll_back(self) -> str:
        """To what was in service before; after that, to what was before it."""
        version = self.before()
        self.load(version)
        self.note(f"{version} rolled-back")
        replace(self.folder / "current", version.encode() + b"\n")
        return version

    def set_shadow(self, version: str | None) -> None:
        if version:
            self.load(version)
            replace(self.folder / "shadow", version.encode() + b"\n")
        else:
            (self.folder / "shadow").unlink(missing_ok=True)

    def history(self) -> str:
        return self.text("history")

    def note(self, what: str) -> None:
        line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {what}\n"
        replace(self.folder / "history", (self.history() + line).encode())

    def before(self) -> str:
        """`promote` notes after its change, `roll_back` before: so it is right if one was killed."""
        past: list[str] = []
        for version, how in NOTE.findall(self.history()):
            while how == "rolled-back" and past and past[-1] != version:
                past.pop()
            past += [version] if how == "promoted" else []
        for version in reversed(past):
            if version != self.pointer("current"):
                return version
        raise ModelError("There is no model to go back to.")

    def pointer(self, name: str) -> str:
        return self.text(name).strip()

    def text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""


def checked(version: str) -> str:
    if not NAME.fullmatch(version):
        raise ModelError(f"{version!r} is no version: `python tasks.py models list` shows them.")
    return version


if __name__ == "__main__":
    from app.release import main  # which has its own copy of this module: never mix the two

    raise SystemExit(main())
