"""The model in service: loaded, tried on its golden rows, and only then asked."""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from app import features
from app.features import Rows
from app.manifest import Manifest
from app.registry import TRAIN, ModelError, Registry
from app.telemetry import log


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
        try:
            answers = self.score(features.table(row.features for row in golden)) if golden else []
        except Exception as error:  # a graph of other inputs
            raise ModelError(f"The model cannot be asked: run `{TRAIN}`.") from error
        if not golden or not np.allclose(answers, [row.value for row in golden], atol=0.002):
            raise ModelError(f"The model answers otherwise than it did: run `{TRAIN}`.")
        return self

    def score(self, rows: Rows) -> list[float]:
        (change,) = self.session.run(None, {"inputs": features.inputs(rows)})
        return [round(float(v), 3) for v in features.last(rows) + change[:, 0]]


class Store:
    """Holds the model in service. While there is none it looks again, so training mends it."""

    def __init__(self, models: Path) -> None:
        self.registry = Registry(models)
        self.model: Model | None = None
        self.reason = ""

    def get(self) -> Model:
        if not self.model:
            self.model = Model(*self.registry.in_service()).tried()
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
