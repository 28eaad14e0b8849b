"""The manifest of a model: what it came from, how good it is, and how to know it again."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from app import features
from app.contract import Features, Quality
from app.dataset import Examples, Lesson
from app.disk import sha256
from app.evaluation import METRIC, Evaluation, on
from app.manifest import Compared, Golden, Manifest
from app.model import Model

THRESHOLD = 0.9
LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx")
GOLDEN = 8
ELDER = f"{METRIC}, on older rows"
APP = Path(__file__).parent


def describe(graph: bytes, lesson: Lesson) -> Manifest:
    """What is known before it is evaluated; `complete` adds the rest."""
    return Manifest(
        version=sha256(graph)[:12],
        sha256=sha256(graph),
        trained_at=datetime.now(UTC).replace(microsecond=0),
        seed=lesson.seed,
        data=lesson.data,
        outcomes=lesson.outcomes,
        rows=len(lesson.known.rows),
        data_sha256=sha256(lesson.known.content()),
        unseen_sha256=sha256(lesson.unseen.content()),
        code=sha256(b"".join(path.read_bytes() for path in sorted(APP.glob("*.py")))),
        features=list(features.NAMES),
        input_schema=Features.model_json_schema(),
        quality=Quality(metric=METRIC, value=0, threshold=THRESHOLD),
        metrics={},
        edges={},
        shares={},
        libraries={name: version(name) for name in LIBRARIES},
        golden=[],
    )


def complete(model: Model, lesson: Lesson, seen: Evaluation) -> None:
    card = model.manifest
    card.quality.value = seen.ratio(card.version)
    card.metrics = seen.figures[card.version]
    if lesson.elder:
        card.metrics[ELDER] = on(model, lesson.elder)
    if seen.serving:
        card.compared = Compared(version=seen.serving, value=seen.ratio(seen.serving))
    card.golden = golden(model, lesson.unseen)
    columns = dict(zip(features.NAMES, lesson.known.rows.T, strict=True))
    columns["score"] = np.array(model.score(lesson.known.rows), np.float32)
    for name, column in columns.items():
        card.edges[name], card.shares[name] = spread(column)


def spread(column: features.Rows) -> tuple[list[float], list[float]]:
    """Its deciles, and how much of it lies between them: not a tenth where values repeat."""
    edges = np.unique(np.quantile(column, np.arange(1, 10) / 10))
    bins = np.bincount(np.searchsorted(edges, column, "right"), minlength=len(edges) + 1)
    return edges.tolist(), (bins / len(column)).tolist()


def golden(model: Model, unseen: Examples) -> list[Golden]:
    rows = unseen.rows[:: len(unseen.rows) // GOLDEN][:GOLDEN]
    named = [
        Features.model_validate(dict(zip(features.NAMES, row, strict=True)))
        for row in rows.tolist()
    ]
    return [
        Golden(features=row, value=value)
        for row, value in zip(named, model.score(rows), strict=True)
    ]
