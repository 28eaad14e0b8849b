"""What the tests of the pipeline share: files to take, and the tables as rows."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from app import catalog


def row(number: int, at: str = "2026-01-04T10:00:00Z", **other: Any) -> dict[str, Any]:
    """Each number is another event. Quarters add up the same in every order."""
    return {"id": str(UUID(int=number)), "at": at, "source": "a", "value": number / 4} | other


def drop(folder: Path, name: str, content: list[dict[str, Any]] | str | bytes) -> None:
    """As somebody did a while ago."""
    path = folder / "incoming" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list):
        content = "".join(json.dumps(one) + "\n" for one in content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (1e9, 1e9))


def table(folder: Path, name: str, columns: str = "*") -> list[tuple[Any, ...]]:
    paths = [str(folder / file.path) for file in catalog.read(folder).files(name)]
    if not paths:
        return []
    with duckdb.connect() as db:
        query = (
            f"select {columns} from read_parquet($paths, hive_partitioning = false) order by all"
        )
        return db.execute(query, {"paths": paths}).fetchall()


def tables(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: table(folder, name) for name in sorted(catalog.read(folder).tables)}
