"""`python -m app.sample`: a month of made-up events for the pipeline to take; send your own instead.

The same seed and day give the same events, so asking twice changes nothing. To be rid of them, delete the data folder.
"""

import csv
import math
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from app import config
from app.settings import Settings

SEED = 7
SOURCES = 6
DAYS = 30
STEP = timedelta(minutes=15)


def events(end: datetime) -> Iterator[tuple[str, str, str, float]]:
    """Id, time, source and value: each source has its level and a daily swing."""
    chance = random.Random(SEED)  # noqa: S311
    for number in range(1, SOURCES + 1):
        source = f"sample-{number}"
        level, swing = chance.uniform(30, 70), chance.uniform(8, 16)
        at = end - timedelta(days=DAYS)
        while at < end:
            daily = math.sin((at.hour + at.minute / 60 - 8) * math.pi / 12)
            value = round(level + swing * daily + chance.gauss(0, 2), 2)
            yield str(uuid5(NAMESPACE_OID, f"{source} {at}")), at.isoformat(), source, value
            at += STEP


def write(folder: Path, end: datetime) -> Path:
    path = folder / "incoming/sample.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(".sample.csv")
    with beside.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "at", "source", "value"])
        rows.writerows(events(end))
    return beside.replace(path)


if __name__ == "__main__":
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    print(write(config.read(Settings, os.environ).data_folder, today))
