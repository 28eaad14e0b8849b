"""Questions to the tables, and the answers to the last ones."""

import base64
import io
import json
from collections import OrderedDict
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import duckdb
from nanoarrow.ipc import StreamWriter
from pydantic import MISSING

from app import catalog
from app.catalog import CATALOG, Catalog
from app.contract import TablePage, TableRow
from app.settings import Settings

ARROW = "application/vnd.apache.arrow.stream"
COLUMNS = '"at", source, events, total, least, most, "last", last_at as "lastAt"'
PAGE = """
select {when} at time zone 'UTC' as "at", source, events, total, least, most, "last", last_at at time zone 'UTC' as last_at
from {files}
where date between $first and $last and (source = $source or $source is null)
  and ({when}, source) > ($at::timestamp, $after)
order by {when}, source
limit $limit
"""
NOTHING = """(select null::date as date, null::timestamp as hour, null::timestamp as day, '' as source, 0::bigint as events,
  0.0::double as total, 0.0::double as least, 0.0::double as most, 0.0::double as "last",
  null::timestamp as last_at where false)"""


class Question(NamedTuple):
    table: Literal["hourly", "daily"]
    first: date
    last: date
    source: str | None
    at: datetime
    """Rows after this time, or of this time and after the next field's source."""
    after: str
    limit: int


class Answer(NamedTuple):
    body: bytes
    next: str


def encode(at: datetime, source: str) -> str:
    text = json.dumps([at.replace(tzinfo=None).isoformat(), source], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """Raises ValueError for what `encode` did not make."""
    text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    match json.loads(text):
        case [str(at), str(source)] if encode(datetime.fromisoformat(at), source) == cursor:
            return datetime.fromisoformat(at), source
    raise ValueError("not a cursor")


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
        self.known: OrderedDict[tuple[str, str, Question], Answer] = OrderedDict()
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

    def recall(self, version: str, media: str, asked: Question) -> Answer | None:
        found = self.known.get((version, media, asked))
        if found:
            self.known.move_to_end((version, media, asked))
        return found

    def keep(self, version: str, media: str, asked: Question, answer: Answer) -> None:
        """The longest unasked go for it."""
        if (version, media, asked) not in self.known:
            self.known[version, media, asked] = answer
            self.left -= len(answer.body)
        while self.left < 0:
            self.left += len(self.known.popitem(last=False)[1].body)

    def answer(self, media: str, asked: Question) -> Answer:
        """Runs in a thread. What a run replaced goes with the next one: then the files are looked up anew."""
        now = catalog.read(self.folder)
        while True:
            try:
                return self.ask(now, media, asked)
            except duckdb.IOException:
                before, now = now, catalog.read(self.folder)
                if before.run == now.run:
                    raise

    def ask(self, now: Catalog, media: str, asked: Question) -> Answer:
        paths = [str(self.folder / file.path) for file in now.files(*asked[:3])]
        given = asked._asdict() | {"limit": asked.limit + 1}
        files = "read_parquet($paths, hive_partitioning = true)" if paths else NOTHING
        sql = PAGE.format(files=files, when="hour" if asked.table == "hourly" else "day")
        given.pop("table")
        with self.db.cursor() as db:
            db.execute("set timezone = 'UTC'")
            db.execute(
                f"create temp table page as {sql}", given | ({"paths": paths} if paths else {})
            )
            edge = db.execute(
                'select "at"::timestamp, source from page order by "at", source limit 2 offset $skip',
                {"skip": asked.limit - 1},
            ).fetchall()
            follows = encode(*edge[0]) if len(edge) == 2 else ""
            shown = f'select {COLUMNS} from page order by "at", source limit {asked.limit}'
            try:
                body = arrow(db, shown) if media == ARROW else page(db, shown, now.run, follows)
            finally:
                db.execute("drop table page")
        return Answer(body, follows)


def arrow(db: duckdb.DuckDBPyConnection, sql: str) -> bytes:
    content = io.BytesIO()
    with StreamWriter.from_writable(content) as stream:
        stream.write_stream(db.sql(sql))
    return content.getvalue()


def page(db: duckdb.DuckDBPyConnection, sql: str, run: int, follows: str) -> bytes:
    found = db.execute(
        f'select "at"::timestamp, * exclude ("at", "lastAt"), "lastAt"::timestamp from ({sql})'
    )
    rows = [row(*one) for one in found.fetchall()]
    return TablePage(run=run, rows=rows, next=follows or MISSING).model_dump_json().encode()


def row(at: datetime, source: str, events: int, *more: Any) -> TableRow:
    total, least, most, last, last_at = more
    return TableRow(
        at=at.replace(tzinfo=UTC),
        source=source,
        events=events,
        total=total,
        least=least,
        most=most,
        last=last,
        lastAt=last_at.replace(tzinfo=UTC),
    )
