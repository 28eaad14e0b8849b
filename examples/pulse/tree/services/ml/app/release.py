"""What may come into service, and the command line: `python -m app.registry COMMAND`."""

import argparse
import os
import sys
from collections.abc import Iterator

from app.manifest import Manifest
from app.model import Model
from app.place import place
from app.registry import ModelError, Registry

TOLERANCE = 0.01
"""A model may be this much worse than the one in service, as a part of its error: chance is."""
COMMAND = "python tasks.py models"


def objections(candidate: Manifest, registry: Registry) -> Iterator[str]:
    """Why it should not take the place of the model in service; an owner may overrule them."""
    quality = candidate.quality
    if quality.value > quality.threshold:
        yield f"its {quality.metric} is {quality.value}, and may be {quality.threshold} at most"
    try:
        serving = registry.in_service()[1]
    except ModelError:
        return  # there is none, or it cannot be served: anything sound is better
    compared, other = candidate.compared, serving.quality.value
    if serving.version == candidate.version:
        return
    if compared and compared.version == serving.version:
        other = compared.value
    elif serving.unseen_sha256 != candidate.unseen_sha256:
        yield f"it was never compared with {serving.version}, which is in service: train it anew"
        return
    if quality.value > other * (1 + TOLERANCE):
        yield f"it is worse than {serving.version}, which is in service: {quality.value}, not {other}"


def promote(registry: Registry, version: str, reason: str = "") -> None:
    """A reason overrules what stands against its quality, never what stands against its bytes."""
    manifest = sound(registry, version)
    with registry.alone():
        against = list(objections(manifest, registry))
        if against and not reason:
            hint = f"{COMMAND} promote {version} --force REASON, or {COMMAND} shadow {version}"
            raise ModelError(f"{version} is not promoted: {'; '.join(against)}\nhint: {hint}")
        registry.promote(version, reason if against else "")
        if registry.pointer("shadow") == version:
            registry.set_shadow(None)


def sound(registry: Registry, version: str) -> Manifest:
    """Its sum is right, it loads, and it answers as on the day of its training."""
    return Model(*registry.load(version)).tried().manifest


def roll_back(registry: Registry) -> str:
    with registry.alone():
        sound(registry, registry.before())
        return registry.roll_back()


def shadow(registry: Registry, version: str | None) -> None:
    if version:
        sound(registry, version)
    with registry.alone():
        registry.set_shadow(version)


def listing(registry: Registry) -> Iterator[str]:
    """A line for each version, the oldest first."""
    marks = {registry.pointer("current"): "in service", registry.pointer("shadow"): "shadow"}
    lines = []
    for version in registry.versions():
        try:
            card = registry.load(version)[1]
        except ModelError as error:
            lines.append(("", f"{version}  {error}"))
            continue
        when = f"{card.trained_at:%Y-%m-%d %H:%M}"
        rest = f"{card.rows:>9,} rows  {card.quality.value:<5}  {marks.get(version, '')}"
        lines.append((when, f"{version}  {when}  {rest}".rstrip()))
    return (line for _, line in sorted(lines))


def verify(registry: Registry) -> Iterator[tuple[str, str]]:
    """Each version, and what is wrong with it."""
    for version in registry.versions():
        try:
            sound(registry, version)
        except ModelError as error:
            yield version, str(error)
        else:
            yield version, ""


def main() -> int:
    given = arguments().parse_args()
    try:
        return run(given, Registry(given.models))
    except (ModelError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def run(given: argparse.Namespace, registry: Registry) -> int:
    match given.command:
        case "list":
            print("\n".join(listing(registry)) or "There is no model yet.")
        case "promote":
            promote(registry, given.version, given.force)
            print(f"{given.version} is in service")
        case "rollback":
            print(f"{roll_back(registry)} is in service")
        case "shadow":
            shadow(registry, None if given.off else given.version)
            print(f"shadow: {registry.shadow() or 'none'}")
        case "verify":
            found = dict(verify(registry))
            print("\n".join(f"{version}  {wrong or 'sound'}" for version, wrong in found.items()))
            return 1 if any(found.values()) else 0
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="The models, and which is in service."
    )
    parser.add_argument("--models", type=place, default=os.environ.get("MODELS") or "models")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every version, the oldest first")
    promoted = commands.add_parser("promote", help="brings a version into service, if it is better")
    promoted.add_argument("version")
    promoted.add_argument("--force", metavar="REASON", default="", help="though it is worse")
    commands.add_parser("rollback", help="back to what was in service before")
    shadowed = commands.add_parser("shadow", help="scores with it as well, and never answers by it")
    which = shadowed.add_mutually_exclusive_group(required=True)
    which.add_argument("version", nargs="?")
    which.add_argument("--off", action="store_true")
    commands.add_parser("verify", help="loads and tries every version")
    return parser
