"""Jobs in SQLite, a single file: what was answered outlives the service."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from app.config import ConfigError
from app.contract_jobs import Job, NewJob, Result

TABLE = """
create table if not exists jobs (
  number integer primary key autoincrement, -- the order of the queue
  id text not null unique,
  key text unique, -- of the request that made it: a repetition makes nothing new
  state text not null,
  progress real not null default 0,
  request text not null,
  result text,
  reason text,
  starts integer not null default 0,
  created_at text not null,
  started_at text,
  ended_at text
) strict
"""
KEPT = 1000
"""So many jobs that have ended are remembered."""
STARTS = 3
"""A job that takes the service down with it must not do so for ever."""
ENDED = ("done", "failed", "cancelled")


class Jobs:
    def __init__(self, file: Path) -> None:
        """Raises ConfigError when another process has the file: it would start the same jobs."""
        file.parent.mkdir(parents=True, exist_ok=True)
        # One connection, used only from the event loop, and only when a job changes its state.
        self.db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        try:
            self.db.execute("pragma locking_mode = exclusive")
            self.db.execute("pragma journal_mode = wal")
            self.db.execute(TABLE)
            self.recover()
        except sqlite3.OperationalError as error:
            self.db.close()
            raise ConfigError(
                f"DATA_FOLDER={file.parent}: {error}; has another process {file}?"
            ) from None

    def recover(self) -> None:
        """What ran when the service ended starts anew."""
        given_up = f"The service ended {STARTS} times while it ran."
        self.db.execute(
            "update jobs set state = 'failed', reason = ?, ended_at = ? where state = 'running' and starts >= ?",
            (given_up, now(), STARTS),
        )
        self.db.execute("update jobs set state = 'queued' where state = 'running'")

    def add(self, request: NewJob, key: str | None) -> Job:
        made = (str(uuid4()), key, request.model_dump_json(), now())
        query = """insert into jobs (id, key, state, request, created_at) values (?, ?, 'queued', ?, ?)
                   returning *"""
        job = read(self.db.execute(query, made).fetchone())
        self.db.execute(
            """delete from jobs where number <= (select number from jobs
               where state in (?, ?, ?) order by number desc limit 1 offset ?)
               and state in (?, ?, ?)""",
            (*ENDED, KEPT, *ENDED),
        )
        return job

    def get(self, id: UUID) -> Job | None:
        return self.one("id", str(id))

    def by_key(self, key: str | None) -> Job | None:
        return self.one("key", key) if key else None

    def one(self, column: str, value: str) -> Job | None:
        query = f"select * from jobs where {column} = ?"  # noqa: S608 (the column is ours)
        found = self.db.execute(query, [value]).fetchone()
        return read(found) if found else None

    def newest(self, limit: int) -> list[Job]:
        rows = self.db.execute("select * from jobs order by number desc limit ?", [limit])
        return [read(row) for row in rows]

    def waiting(self) -> int:
        query = "select count(*) from jobs where state = 'queued'"
        count: int = self.db.execute(query).fetchone()[0]
        return count

    def take(self) -> Job | None:
        """The one that has waited longest; it runs from now on."""
        query = """update jobs set state = 'running', starts = starts + 1, progress = 0, started_at = ?
                   where number = (select min(number) from jobs where state = 'queued') returning *"""
        found = self.db.execute(query, [now()]).fetchone()
        return read(found) if found else None

    def put_back(self, id: UUID) -> None:
        """The service ends as it should: that is no fault of the job's."""
        query = "update jobs set state = 'queued', starts = starts - 1 where id = ? and state = 'running'"
        self.db.execute(query, [str(id)])

    def end(
        self, id: UUID, state: str, progress: float, reason: str = "", result: Result | None = None
    ) -> None:
        """Only once: what has ended stays as it is."""
        written = result.model_dump_json() if result else None
        self.db.execute(
            """update jobs set state = ?, progress = ?, reason = ?, result = ?, ended_at = ?
               where id = ? and state in ('queued', 'running')""",
            (state, progress, reason or None, written, now(), str(id)),
        )

    def close(self) -> None:
        self.db.close()


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(row: sqlite3.Row) -> Job:
    job: dict[str, Any] = {
        "id": row["id"],
        "state": row["state"],
        "progress": row["progress"],
        "request": NewJob.model_validate_json(row["request"]),
        "createdAt": row["created_at"],
        "startedAt": row["started_at"],
        "endedAt": row["ended_at"],
        "reason": row["reason"],
        "result": Result.model_validate_json(row["result"]) if row["result"] else None,
    }
    return Job.model_validate({name: value for name, value in job.items() if value is not None})
