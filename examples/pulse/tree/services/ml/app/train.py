"""`python -m app.train`: simulate, train, evaluate, and publish only what is good enough."""

import argparse
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import HistGradientBoostingRegressor

from app import features, simulation
from app.contract import Features, Quality
from app.model import Golden, Manifest, Model, publish, sha256
from app.simulation import Examples

SEED = 7
THRESHOLD = 0.9
METRIC = "error relative to repeating the last value"
LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx")
GOLDEN = 8


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, default=SEED)
    arguments.add_argument("--models", type=Path, default=Path("models"))
    given = arguments.parse_args()
    return 0 if train(given.seed, given.models) else 1


def train(seed: int, models: Path) -> Manifest | None:
    say("simulate", f"{simulation.SOURCES} sources over {simulation.WEEKS} weeks, seed {seed}")
    known, unseen = simulation.dataset(seed)
    say("train", f"on {len(known.rows):,} examples, keeping {len(unseen.rows):,} to evaluate")
    graph = fit(known, seed)
    model = Model(graph, describe(graph, seed, known))
    quality = model.manifest.quality = evaluate(model, unseen)
    say("evaluate", f"{METRIC}: {quality.value} (at most {THRESHOLD})")
    if quality.value > THRESHOLD:
        print("error: not good enough to be published; nothing was changed", file=sys.stderr)
        return None
    model.manifest.golden = golden(model, unseen)
    folder = publish(models, graph, model.manifest)
    say("publish", f"{folder.as_posix()} (sha256 {model.manifest.sha256[:12]}…)")
    return model.manifest


def say(step: str, what: str) -> None:
    print(f"  {step:9} {what}", flush=True)


def fit(known: Examples, seed: int) -> bytes:
    change = known.following - features.last(known.rows)
    inputs = features.inputs(known.rows)
    forest = HistGradientBoostingRegressor(max_iter=120, max_leaf_nodes=15, random_state=seed)
    forest.fit(inputs, change)
    shape = FloatTensorType([None, inputs.shape[1]])
    graph = to_onnx(forest, initial_types=[("inputs", shape)])
    return bytes(graph.SerializeToString(deterministic=True))


def evaluate(model: Model, unseen: Examples) -> Quality:
    def error(forecast: object) -> float:
        return float(np.abs(unseen.following - np.asarray(forecast)).mean())

    ratio = error(model.score(unseen.rows)) / error(features.last(unseen.rows))
    return Quality(metric=METRIC, value=round(ratio, 3), threshold=THRESHOLD)


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


def describe(graph: bytes, seed: int, known: Examples) -> Manifest:
    return Manifest(
        version=sha256(graph)[:12],
        sha256=sha256(graph),
        trained_at=datetime.now(UTC).replace(microsecond=0),
        seed=seed,
        rows=len(known.rows),
        data_sha256=sha256(known.rows.tobytes() + known.following.tobytes()),
        features=list(features.NAMES),
        input_schema=Features.model_json_schema(),
        quality=Quality(metric=METRIC, value=0, threshold=THRESHOLD),
        libraries={name: version(name) for name in LIBRARIES},
        golden=[],
    )


if __name__ == "__main__":
    sys.exit(main())
