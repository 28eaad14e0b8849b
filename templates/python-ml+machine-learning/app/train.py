"""`python -m app.train`: look at the data, train, evaluate, publish what is good, promote what is better."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from app import release, simulation, validation
from app.card import ELDER, complete, describe
from app.dataset import Examples, Lesson, examples, split
from app.evaluation import evaluate
from app.fitting import fit
from app.manifest import Manifest
from app.model import Model
from app.place import place
from app.progress import say
from app.registry import ModelError, Registry
from app.report import report

SEED = 7


def main() -> int:
    given = arguments(__doc__).parse_args()
    return ended(lambda: train(given.seed, given.models, given.data))


def arguments(what: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--models", type=place, default=os.environ.get("MODELS") or "models")
    parser.add_argument("--data", type=Path, help="a CSV file: source, at, value")
    return parser


def ended(work: Callable[[], object]) -> int:
    try:
        return 0 if work() else 1
    except (validation.DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def train(seed: int, models: Path, data: Path | None = None) -> Manifest | None:
    known, unseen = split(gather(seed, data))
    return learn(Lesson(known, unseen, seed, name_of(data)), Registry(models))


def gather(seed: int, data: Path | None) -> Examples:
    if data:
        say("read", data.as_posix())
        return examples(validation.read(data))
    say("simulate", f"{simulation.SOURCES} sources over {simulation.WEEKS} weeks, seed {seed}")
    return examples(simulation.readings(seed))


def name_of(data: Path | None) -> str:
    return data.name if data else "simulation"


def learn(lesson: Lesson, registry: Registry) -> Manifest | None:
    """What was published, in service or not; nothing where the model is not good enough."""
    validation.check(lesson.known, lesson.unseen)
    kept = f"keeping {len(lesson.unseen.rows):,} to evaluate"
    say("train", f"on {len(lesson.known.rows):,} examples, {kept}")
    graph = fit(lesson)
    model = Model(graph, describe(graph, lesson))
    seen = evaluate(model, in_service(registry), lesson)
    complete(model, lesson, seen)
    quality = model.manifest.quality
    say("evaluate", f"{quality.metric}: {quality.value} (at most {quality.threshold})")
    if lesson.elder:
        say("", f"{ELDER}: {model.manifest.metrics[ELDER]}")
    if quality.value > quality.threshold:
        print("error: not good enough to be published; nothing was changed", file=sys.stderr)
        return None
    against = list(release.objections(model.manifest, registry))
    folder = registry.publish(graph, model.manifest, report(model.manifest, seen, against))
    say("publish", f"{folder.as_posix()} (sha256 {model.manifest.sha256[:12]}…)")
    settle(model.manifest.version, against, registry)
    return model.manifest


def in_service(registry: Registry) -> Model | None:
    try:
        return Model(*registry.in_service()).tried()
    except ModelError as error:
        if registry.pointer("current"):
            say("compare", f"with nothing: {error}")
        return None


def settle(version: str, against: list[str], registry: Registry) -> None:
    """Into service, or told how it gets there."""
    if against:
        say("candidate", f"not promoted: {'; '.join(against)}")
        say("", f"{release.COMMAND} shadow {version}")
        say("", f"{release.COMMAND} promote {version} --force REASON")
    else:
        release.promote(registry, version)
        say("promote", f"{version} is in service")


if __name__ == "__main__":
    sys.exit(main())
