"""`python -m app.retrain`: learns from what was told of true outcomes as well.

The older three quarters of the outcomes join the training data, and together weigh three times as
much as all of it: the world may have changed since (but none weighs more than fifty examples). The
newest quarter judges the new model and the one in service. What the new model has forgotten is told:
its error on the unseen part of the training data.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Strict, ValidationError

from app import features
from app.contract import Features
from app.dataset import Examples, Lesson, split, together
from app.manifest import Manifest
from app.progress import say
from app.registry import ModelError, Registry
from app.strict import AwareDatetime, BaseModel
from app.train import arguments, ended, gather, learn, name_of
from app.validation import ENOUGH, DataError, Text, Value

HEAVIER, HEAVIEST = 3, 50


class Outcome(BaseModel):
    """A line of feedback: what the model was asked, and what came of it."""

    key: Text
    at: AwareDatetime
    row: Features
    outcome: Annotated[Value, Strict()]


def main() -> int:
    parser = arguments("Learns from what was told of true outcomes as well.")
    folder = Path(os.environ.get("FEEDBACK") or "data/feedback")
    parser.add_argument("--feedback", type=Path, default=folder)
    given = parser.parse_args()
    return ended(lambda: retrain(given.seed, given.models, given.feedback, given.data))


def retrain(seed: int, models: Path, feedback: Path, data: Path | None = None) -> Manifest | None:
    registry = Registry(models)
    remembered(registry, data)
    told = outcomes(feedback)
    if len(told.rows) < ENOUGH:
        raise DataError([f"{len(told.rows):,} outcomes in {feedback}: it takes {ENOUGH:,}"])
    base, elder = split(gather(seed, data))
    newer, newest = split(told)
    base = base.part(base.at < newest.at.min())
    say("join", f"{len(newer.rows):,} outcomes, keeping {len(newest.rows):,} to evaluate")
    weight = min(HEAVIEST, HEAVIER * len(base.rows) / len(newer.rows))
    weights = np.concatenate([np.ones(len(base.rows)), np.full(len(newer.rows), weight)])
    known = together([base, newer])
    name, count = name_of(data), len(newer.rows)
    return learn(Lesson(known, newest, seed, name, count, weights, elder), registry)


def remembered(registry: Registry, data: Path | None) -> None:
    """A model that learned from a file must not forget it for a simulation."""
    try:
        learned = registry.in_service()[1].data
    except ModelError:
        return
    if not data and learned != name_of(None):
        raise DataError([f"the model in service learned from {learned}: say --data {learned}"])


def outcomes(folder: Path) -> Examples:
    """What is told twice, under one key, counts once."""
    found: dict[str, Outcome] = {}
    faults: list[str] = []
    for place, line in lines(folder):
        try:
            one = Outcome.model_validate_json(line)
            found.setdefault(one.key, one)
        except ValidationError as error:
            if error.errors()[0]["type"] == "json_invalid":
                say("left out", f"{place}: cut off, by a crash or a full disk")
                continue
            faults += [f"{place}, {fault(wrong)}" for wrong in error.errors()]
    if faults:
        raise DataError(faults)
    told = list(found.values())
    at = np.array([one.at.replace(tzinfo=None) for one in told], "datetime64[us]")
    rows = features.table(one.row for one in told).reshape(-1, len(features.NAMES))
    return Examples(rows, np.array([one.outcome for one in told], np.float32), at)


def fault(wrong: Mapping[str, Any]) -> str:
    return f"column {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}"


def lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each with its place."""
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            yield f"{file.name}, line {number}", line


if __name__ == "__main__":
    sys.exit(main())
