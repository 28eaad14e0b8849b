"""Answers questions to the tables, each within its time, and keeps the answers to the last ones."""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from hashlib import sha256

import duckdb

from app import catalog
from app.catalog import CATALOG
from app.questions import Answer, Question
from app.settings import Settings

AGAIN = 0.1
"""Seconds between two interruptions: one that comes between two statements is not heard."""


class LateError(Exception):
    """A question that took too long."""


class Tables:
    """One database for all questions: its memory is the limit of them together."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data_folder.resolve()
        self.db = duckdb.connect(
            config={
                "memory_limit": settings.pipeline_memory,
                "threads": settings.pipeline_threads,
                "temp_directory": str(self.folder / "tmp-questions"),
                "autoinstall_known_extensions": False,
            }
        )
        self.db.execute("set global timezone = 'UTC'")
        self.seconds = settings.question_seconds
        self.known: OrderedDict[tuple[str, Question], Answer] = OrderedDict()
        self.left = settings.answers_kept
        self.stamp = (0, 0, 0)
        self.sum = ""

    def version(self) -> str:
        """Another one whenever a run has ended."""
        path = self.folder / CATALOG
        try:
            found = path.stat()
        except FileNotFoundError:
            return "0"
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if stamp != self.stamp:  # it is replaced as a whole
            self.stamp, self.sum = stamp, sha256(path.read_bytes()).hexdigest()[:16]
        return self.sum

    def recall(self, version: str, asked: Question) -> Answer | None:
        found = self.known.get((version, asked))
        if found:
            self.known.move_to_end((version, asked))
        return found

    def keep(self, version: str, asked: Question, answer: Answer) -> None:
        """The longest unasked go for it."""
        if (version, asked) not in self.known:
            self.known[version, asked] = answer
            self.left -= len(answer.body)
        while self.left < 0:
            self.left += len(self.known.popitem(last=False)[1].body)

    async def answer(self, asked: Question) -> Answer:
        """In a thread; raises LateError when it takes longer than it may."""
        db = self.db.cursor()
        work = asyncio.create_task(asyncio.to_thread(self.look, db, asked))
        late, wait = False, self.seconds
        while not (await asyncio.wait([work], timeout=wait))[0]:
            late, wait = True, AGAIN
            with suppress(duckdb.ConnectionException):  # it has just ended
                db.interrupt()
        if late and work.exception():
            raise LateError from work.exception()
        return work.result()

    def look(self, db: duckdb.DuckDBPyConnection, asked: Question) -> Answer:
        """What a run replaced goes with the next one: then the files are looked up anew."""
        with db:
            db.execute("set timezone = 'UTC'")
            now = catalog.read(self.folder)
            while True:
                try:
                    return asked.ask(db, self.folder, now)
                except duckdb.IOException:
                    before, now = now, catalog.read(self.folder)
                    if before.run == now.run:
                        raise
