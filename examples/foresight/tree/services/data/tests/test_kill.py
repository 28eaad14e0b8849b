"""A run that is killed anywhere leaves the tables whole, and the next one ends what it began."""

import os
import shutil
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from app import catalog, runs
from app.engine import Local
from app.settings import Settings
from tables import drop, row, tables

DAYS = ["2026-01-03T10:00:00Z", "2026-01-04T10:00:00Z"]


def prepare(folder: Path) -> None:
    """One run is over; another one will find new rows, known rows and a bad one, for two days."""
    drop(folder, "a.ndjson", [row(number, DAYS[number % 2]) for number in range(1, 9)])
    runs.run(Settings(data_folder=folder), Local())
    drop(folder, "b.ndjson", [row(number, DAYS[number % 2]) for number in range(5, 20)])
    drop(folder, "c.ndjson", [row(100), {"id": "none"}])
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "inbox/1-1.ndjson").write_bytes((folder / "incoming/b.ndjson").read_bytes())


def die_at(folder: Path, moment: int) -> None:
    """Runs, and is killed before the given change of a name."""
    left = iter(range(moment))

    def mortal(change: Callable[..., Any]) -> Callable[..., Any]:
        def changed(*arguments: Any, **more: Any) -> Any:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **more)

        return changed

    for name in ("replace", "rename", "unlink"):
        setattr(Path, name, mortal(getattr(Path, name)))
    runs.run(Settings(data_folder=folder), Local())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows kills otherwise")
def test_killed_before_any_change_of_a_name_it_gives_the_same_tables(tmp_path: Path) -> None:
    processes = get_context("forkserver")
    processes.set_forkserver_preload(["app.runs"])
    prepare(tmp_path / "before")
    before = tables(tmp_path / "before")
    whole = shutil.copytree(tmp_path / "before", tmp_path / "whole")
    runs.run(Settings(data_folder=whole), Local())
    after, totals = tables(whole), catalog.read(whole).totals
    assert after != before
    deaths = 0
    while True:
        folder = shutil.copytree(tmp_path / "before", tmp_path / str(deaths))
        process = processes.Process(target=die_at, args=(folder, deaths))
        process.start()
        process.join(60)
        assert tables(folder) in (before, after), "half of a run is to be seen"
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        runs.run(Settings(data_folder=folder), Local())
        assert tables(folder) == after, f"killed at change {deaths}"
        assert catalog.read(folder).totals == totals, f"killed at change {deaths}"
        deaths += 1
    assert deaths > 10
