"""What every test may start from."""

from pathlib import Path

import pytest

from app.train import SEED, train


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    assert train(SEED, folder)
    return folder


@pytest.fixture(scope="session")
def environ(models: Path) -> dict[str, str]:
    return {"MODELS": str(models)}
