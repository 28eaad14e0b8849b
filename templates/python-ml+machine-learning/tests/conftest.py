"""What every test may start from."""

import csv
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from app import simulation
from app.dataset import Readings
from app.train import SEED, train

Write = Callable[[Readings], Path]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    assert train(SEED, folder)
    if find_spec("app.embedding_model"):
        embedding = import_module("app.embedding_model")
        embedding.publish(folder / "embedding", *embedding.make())
    return folder


@pytest.fixture(scope="session")
def environ(models: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    nobody = "http://127.0.0.1:1"
    return {
        "MODELS": str(models),
        "DATA_FOLDER": str(tmp_path_factory.mktemp("data")),
        "NODE_URL": nobody,
    }


@pytest.fixture(scope="session")
def few() -> Readings:
    """Two sources over two weeks: enough to learn from, and quickly learned."""
    made = simulation.readings(SEED)
    part = (made.at < simulation.MONDAY + np.timedelta64(14, "D")) & (made.source < "source-02")
    return made.part(part)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(readings: Readings) -> Path:
        file = tmp_path / "readings.csv"
        with file.open("w", encoding="utf-8", newline="") as text:
            lines = csv.writer(text)
            lines.writerow(Readings._fields)
            for source, at, value in zip(*readings, strict=True):
                lines.writerow([source, f"{at}Z", value])
        return file

    return to_file


@pytest.fixture
def data(write: Write, few: Readings) -> Path:
    return write(few)
