"""A model on disk: models/<version>/{model.onnx, manifest.json}; models/current names one version.

Never a pickle: an ONNX graph is data, and its manifest tells the sum that its bytes must have.
"""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel

from app.contract import Features, Quality

TRAIN = "python tasks.py train"


class Golden(BaseModel):
    """A row and its answer on the day of training: a model in service must still give it."""

    features: Features
    value: float


class Manifest(BaseModel):
    version: str
    sha256: str
    trained_at: AwareDatetime
    seed: int
    rows: int
    data_sha256: str
    features: list[str]
    input_schema: dict[str, Any]
    quality: Quality
    libraries: dict[str, str]
    golden: list[Golden]


class ModelError(Exception):
    """No model, or one that cannot be trusted; says what to do about it."""


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def publish(models: Path, graph: bytes, manifest: Manifest) -> Path:
    """Writes the version whole, then points to it: a reader sees the old one or the new one."""
    folder = models / manifest.version
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "model.onnx", graph)
    replace(folder / "manifest.json", manifest.model_dump_json(indent=2).encode() + b"\n")
    replace(models / "current", manifest.version.encode() + b"\n")
    return folder


def replace(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)


def current(models: Path) -> tuple[bytes, Manifest]:
    pointer = models / "current"
    if not pointer.exists():
        raise ModelError(f"There is no model yet: run `{TRAIN}`.")
    folder = models / pointer.read_text("utf-8").strip()
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
        graph = (folder / "model.onnx").read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(f"The model cannot be read: run `{TRAIN}`.") from error
    if sha256(graph) != manifest.sha256:
        raise ModelError(f"The model is not the one that was trained: run `{TRAIN}`.")
    return graph, manifest
