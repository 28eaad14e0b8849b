"""ONNX Runtime, kept from telling its makers what it runs; `ORT_DISABLE_TELEMETRY=0` lets it."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # it looks once, when it is imported

import onnxruntime as ort

__all__ = ["ort"]
