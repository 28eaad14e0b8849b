"""Items in SQLite, a single file that needs no server."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from app.contract import Item, Items

TABLE = """
create table if not exists items (
  number integer primary key autoincrement, -- the order of the pages, and their cursor
  id text not null unique,
  title text not null,
  done integer not null,
  created_at text not null,
  key text unique -- of the request that made it: a repetition makes nothing new
) strict
"""


class Store:
    def __init__(self, file: Path) -> None:
        file.parent.mkdir(exist_ok=True)
        # One connection, used only from the event loop: each statement takes microseconds.
        self.db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("pragma journal_mode = wal")
        self.db.execute(TABLE)

    def add(self, title: str, done: bool, key: str | None = None) -> Item:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = (str(uuid4()), title, done, now, key)
        query = """insert into items (id, title, done, created_at, key) values (?, ?, ?, ?, ?)
                   on conflict (key) do update set key = excluded.key returning *"""
        return item(self.db.execute(query, made).fetchone())

    def get(self, id: UUID) -> Item | None:
        found = self.db.execute("select * from items where id = ?", [str(id)]).fetchone()
        return item(found) if found else None

    def change(self, id: UUID, title: str | None, done: bool | None) -> Item | None:
        query = """update items set title = coalesce(?, title), done = coalesce(?, done)
                   where id = ? returning *"""
        found = self.db.execute(query, (title, done, str(id))).fetchone()
        return item(found) if found else None

    def remove(self, id: UUID) -> bool:
        return self.db.execute("delete from items where id = ?", [str(id)]).rowcount > 0

    def page(self, before: int | None, limit: int) -> Items:
        """The newest first. One row more than asked for tells whether there is another page."""
        query = "select * from items where ? is null or number < ? order by number desc limit ?"
        rows = self.db.execute(query, (before, before, limit + 1)).fetchall()
        page = Items(items=[item(row) for row in rows[:limit]])
        if len(rows) > limit:
            page.next = str(rows[limit - 1]["number"])
        return page


def item(row: sqlite3.Row) -> Item:
    return Item(
        id=UUID(row["id"]),
        title=row["title"],
        done=bool(row["done"]),
        createdAt=datetime.fromisoformat(row["created_at"]),
    )
