"""A model on disk, and the model in service: loaded, tried on its golden rows, and only then asked.

On disk: models/<version>/{model.onnx, manifest.json}; models/current names one version. Never a
pickle: an ONNX graph is data, and its manifest tells the sum that its bytes must have.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from pydantic import AwareDatetime, BaseModel

from app import features
from app.contract import Features, Quality
from app.features import Rows
from app.telemetry import log

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


class Model:
    def __init__(self, graph: bytes, manifest: Manifest) -> None:
        options = ort.SessionOptions()
        # One thread, no spinning: a row takes microseconds, handing it to a pool takes longer.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions share no base
            raise ModelError(f"The model does not load: run `{TRAIN}`.") from error
        self.manifest = manifest

    def tried(self) -> "Model":
        """The model itself, if it still answers as on the day that it was trained."""
        golden = self.manifest.golden
        answers = self.score(features.table(row.features for row in golden)) if golden else []
        if not golden or not np.allclose(answers, [row.value for row in golden], atol=0.002):
            raise ModelError(f"The model answers otherwise than it did: run `{TRAIN}`.")
        return self

    def score(self, rows: Rows) -> list[float]:
        (change,) = self.session.run(None, {"inputs": features.inputs(rows)})
        return [round(float(v), 3) for v in features.last(rows) + change[:, 0]]


class Store:
    """Holds the model in service. While there is none it looks again, so training mends it."""

    def __init__(self, models: Path) -> None:
        self.models = models
        self.model: Model | None = None
        self.reason = ""

    def get(self) -> Model:
        if not self.model:
            self.model = Model(*current(self.models)).tried()
            log.info("model in service", extra={"fields": {"model": self.model.manifest.version}})
        return self.model

    def ready(self) -> bool:
        try:
            self.get()
        except ModelError as error:
            if self.reason != str(error):
                log.warning("not ready: %s", error)
            self.reason = str(error)
            return False
        return True
