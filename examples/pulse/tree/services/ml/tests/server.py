"""The service as a process of its own, and models for it that answer otherwise."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from app.disk import sha256
from app.operations import operations
from app.registry import Registry

SERVICE = Path(__file__).parents[1]
ROW = {"hour": 9, "weekday": 2, "last": 50.0, "mean": 48.5, "trend": 0.5}
SCORE, BATCH, STREAM, WATCH, OUTCOME = (
    operations()[name].path
    for name in ("score", "scoreBatch", "scoreStream", "watchModel", "tellOutcome")
)


class Server:
    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(20)


@contextmanager
def running(environ: dict[str, str]) -> Iterator[Server]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    settings = os.environ | {"LOG_LEVEL": "warn"} | environ | {"PORT": str(port)}
    command = [sys.executable, "-m", "app.main"]
    process = subprocess.Popen(command, cwd=SERVICE, env=settings)  # noqa: S603
    server = Server(process, port)
    try:
        until(lambda: ready(server), 60)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def ready(server: Server) -> bool:
    assert server.process.poll() is None, "it ended"
    try:
        return httpx2.get(f"{server.url}/readyz").is_success
    except httpx2.TransportError:
        return False


def until(true: object, seconds: float = 20) -> None:
    """Waits for it, and fails when it takes too long."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "what was waited for did not come"
        time.sleep(0.05)


def shifted(models: Path, by: float) -> str:
    """Publishes the model in service again, but for answers that are so much higher."""
    return added(models, by, [helper.make_tensor("by", TensorProto.FLOAT, [1], [by])], [])


def slowed(models: Path) -> str:
    """The same answers, after much work that is done once for all rows of a run."""
    size, times = 1024, 30
    tensors = [
        helper.make_tensor("axes", TensorProto.INT64, [1], [0]),
        numpy_helper.from_array(np.ones((4, size), np.float32), "wide"),
        numpy_helper.from_array(np.zeros((size, size), np.float32), "square"),
        numpy_helper.from_array(np.zeros((size, 1), np.float32), "narrow"),
    ]
    steps = ["mean", *(f"step{number}" for number in range(times + 1)), "by"]
    weights = ["wide", *["square"] * times, "narrow"]
    nodes = [helper.make_node("ReduceMean", ["inputs", "axes"], ["mean"])]
    nodes += [
        helper.make_node("MatMul", [before, weight], [after])
        for (before, after), weight in zip(pairwise(steps), weights, strict=True)
    ]
    return added(models, 0, tensors, nodes)


def added(
    models: Path, by: float, tensors: list[onnx.TensorProto], nodes: list[onnx.NodeProto]
) -> str:
    """With `by`, one of the tensors or made by the nodes, on top of each answer."""
    registry = Registry(models)
    graph, manifest = registry.in_service()
    model = onnx.load_from_string(graph)
    (output,) = model.graph.output
    name = output.name
    last = next(node for node in model.graph.node if name in node.output)
    last.output[list(last.output).index(name)] = "before"
    model.graph.initializer.extend(tensors)
    model.graph.node.extend([*nodes, helper.make_node("Add", ["before", "by"], [name])])
    changed: bytes = model.SerializeToString(deterministic=True)
    manifest.sha256 = sha256(changed)
    manifest.version = manifest.sha256[:12]
    for row in manifest.golden:
        row.value += by
    registry.publish(changed, manifest, "")
    return manifest.version
