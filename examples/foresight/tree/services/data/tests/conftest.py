"""What every test may start from."""

from pathlib import Path

import pytest

from app.settings import Settings


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"DATA_FOLDER": str(tmp_path_factory.mktemp("data"))}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path)
