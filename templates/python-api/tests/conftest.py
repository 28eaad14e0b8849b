"""What every test may start from."""

import pytest


@pytest.fixture(scope="session")
def environ() -> dict[str, str]:
    return {"DATABASE": ":memory:"}
