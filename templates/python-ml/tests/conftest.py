"""What every test may start from."""

from importlib import import_module
from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of a service that is set up in folders of its own."""
    environ = {"DATA_FOLDER": str(tmp_path_factory.mktemp("data"))}
    if find_spec("app.embedding_model"):
        embedding = import_module("app.embedding_model")
        models = tmp_path_factory.mktemp("models")
        embedding.publish(models / "embedding", *embedding.make())
        environ["MODELS"] = str(models)
    return environ
