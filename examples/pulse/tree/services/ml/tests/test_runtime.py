"""What ONNX Runtime tells of itself: nothing."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_runtime_marks_nobody(tmp_path: Path) -> None:
    """It keeps a mark of the device in the home folder once it tells; it never tells in CI."""
    quiet = ("CI", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    env = {name: value for name, value in os.environ.items() if name not in quiet}
    words = [sys.executable, "-c", "import app.runtime"]
    subprocess.run(words, env=env | {"HOME": str(tmp_path)}, check=True)  # noqa: S603
    assert not list(tmp_path.rglob("*"))
