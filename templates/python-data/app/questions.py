"""What may be asked of the tables: rows, or which sources there are; each as SQL, and as the body that answers it."""

import base64
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb
from nanoarrow.ipc import StreamWriter
from pydantic import MISSING

from app.catalog import Catalog
from app.contract import KnownSource, SourcePage, TablePage, TableRow

JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"
COLUMNS = '"at", source, events, total, least, most, "last", last_at as "lastAt"'
PAGE = """
select {when} at time zone 'UTC' as "at", source, events, total, least, most, "last", last_at at time zone 'UTC' as last_at
from {files}
where date between $first and $last and (len($sources::varchar[]) = 0 or list_contains($sources::varchar[], source))
  and ({when}, source) > ($at::timestamp, $after)
order by {when}, source
limit $limit
"""
SOURCES = """
select source, sum(events)::bigint as events, min(day) as since, max(last_at) as last_at
from {files}
where source > $after
group by source
order by source
limit $limit
"""
NOTHING = """(select null::date as date, null::timestamp as hour, null::timestamp as day, '' as source, 0::bigint as events,
  0.0::double as total, 0.0::double as least, 0.0::double as most, 0.0::double as "last",
  null::timestamp as last_at where false)"""


class Answer(NamedTuple):
    body: bytes
    next: str


class Rows(NamedTuple):
    media: str
    table: Literal["hourly", "daily"]
    first: date
    last: date
    sources: tuple[str, ...]
    """Of all, when there are none."""
    at: datetime
    """Rows after this time, or of this time and after the next field's source."""
    after: str
    limit: int

    def ask(self, db: duckdb.DuckDBPyConnection, folder: Path, now: Catalog) -> Answer:
        files, given = read(folder, now, self.table, self.first, self.last)
        sql = PAGE.format(files=files, when="hour" if self.table == "hourly" else "day")
        given |= {"first": self.first, "last": self.last, "sources": list(self.sources)}
        given |= {"at": self.at, "after": self.after, "limit": self.limit + 1}
        db.execute(f"create temp table page as {sql}", given)
        edge = db.execute(
            'select "at"::timestamp, source from page order by "at", source limit 2 offset $skip',
            {"skip": self.limit - 1},
        ).fetchall()
        follows = encode(*edge[0]) if len(edge) == 2 else ""
        shown = f'select {COLUMNS} from page order by "at", source limit {self.limit}'
        try:
            if self.media == ARROW:
                return Answer(arrow(db, shown), follows)
            return Answer(page(db, shown, now.run, follows), follows)
        finally:
            db.execute("drop table page")


class Sources(NamedTuple):
    media: str
    after: str
    """Those whose name comes later."""
    limit: int

    def ask(self, db: duckdb.DuckDBPyConnection, folder: Path, now: Catalog) -> Answer:
        files, given = read(folder, now, "daily")
        given |= {"after": self.after, "limit": self.limit + 1}
        found = db.execute(SOURCES.format(files=files), given).fetchall()
        follows = found[self.limit - 1][0] if len(found) > self.limit else ""
        known = [
            KnownSource(source=source, events=events, since=utc(since), lastAt=utc(last_at))
            for source, events, since, last_at in found[: self.limit]
        ]
        told = SourcePage(run=now.run, sources=known, next=follows or MISSING)
        return Answer(told.model_dump_json().encode(), follows)


Question = Rows | Sources


def read(folder: Path, now: Catalog, table: str, *days: date) -> tuple[str, dict[str, Any]]:
    """What to select from, and what that is given."""
    paths = [str(folder / file.path) for file in now.files(table, *days)]
    if not paths:
        return NOTHING, {}
    return "read_parquet($paths, hive_partitioning = true)", {"paths": paths}


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
        at=utc(at),
        source=source,
        events=events,
        total=total,
        least=least,
        most=most,
        last=last,
        lastAt=utc(last_at),
    )


def utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)
