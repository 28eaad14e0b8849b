"""From data to a model in service: reproducible, looked at, and never for the worse."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Write

from app import fitting
from app.dataset import Lesson, Readings, split
from app.registry import ModelError, Registry
from app.release import promote
from app.train import SEED, gather, main, train


def test_the_same_data_give_the_same_bytes(models: Path, tmp_path: Path) -> None:
    """In a process of its own, where sets have another order and there are other threads."""
    command = [sys.executable, "-m", "app.train", "--models", str(tmp_path)]
    env = os.environ | {"PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "3"}
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)  # noqa: S603
    first, again = Registry(models).in_service(), Registry(tmp_path).in_service()
    assert again[0] == first[0]
    assert again[1].data_sha256 == first[1].data_sha256
    assert first[1].quality.value <= first[1].quality.threshold


def test_a_model_that_is_not_good_enough_is_not_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path
) -> None:
    monkeypatch.setattr("app.card.THRESHOLD", 0.1)
    assert train(SEED, tmp_path / "models", data) is None
    assert not (tmp_path / "models").exists()


def test_a_worse_model_waits_until_it_is_forced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(tmp_path / "models")
    good = train(SEED, registry.folder, data)
    assert good
    monkeypatch.setattr(fitting, "TREES", 5)
    monkeypatch.setattr("app.card.THRESHOLD", 1)
    worse = train(SEED, registry.folder, data)
    assert worse
    assert worse.compared
    assert (worse.compared.version, worse.compared.value) == (good.version, good.quality.value)
    assert registry.current() == good.version
    assert f"promote {worse.version} --force REASON" in capsys.readouterr().out
    with pytest.raises(ModelError, match=f"worse than {good.version}"):
        promote(registry, worse.version)
    promote(registry, worse.version, "to see what becomes of it")
    assert registry.current() == worse.version
    assert registry.history().endswith(f"{worse.version} promoted to see what becomes of it\n")
    promote(registry, good.version)  # the better one needs no reason
    assert registry.history().endswith(f"{good.version} promoted\n")


def test_what_was_judged_by_other_rows_is_not_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, few: Readings, write: Write
) -> None:
    registry = Registry(tmp_path / "models")
    first = train(SEED, registry.folder, write(few))
    second = train(SEED, registry.folder, write(few._replace(value=few.value * 1.5)))
    assert first
    assert second
    other = registry.folder / second.version / "manifest.json"
    other.write_text(second.model_copy(update={"compared": None}).model_dump_json())
    if registry.current() == second.version:
        registry.roll_back()
    with pytest.raises(ModelError, match="never compared"):
        promote(registry, second.version)


def test_the_command_says_what_it_does(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["train", "--models", str(tmp_path / "models"), "--data"]
    monkeypatch.setattr("sys.argv", [*words, str(data)])
    assert main() == 0
    steps = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert steps == ["read", "train", "evaluate", "publish", "promote"]
    assert Registry(tmp_path / "models").in_service()[1].data == "readings.csv"
    monkeypatch.setattr("sys.argv", [*words, str(tmp_path / "none.csv")])
    assert main() == 1
    assert "none.csv: No such file" in capsys.readouterr().err


def test_whoever_watches_sees_how_far_it_is(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = Lesson(*split(gather(SEED, data)), SEED, data.name)
    fitting.fit(lesson)
    assert "█" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    fitting.fit(lesson)
    shown = capsys.readouterr().out.split("\r")
    assert [line.split()[-3:] for line in shown] == [
        [str(trees), "of", "120"] for trees in range(20, 121, 20)
    ]


def test_the_report_shows_each_plot_and_needs_nothing_else(models: Path) -> None:
    registry = Registry(models)
    manifest = registry.in_service()[1]
    page = (models / manifest.version / "report.html").read_text("utf-8")
    plots = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.S)]  # noqa: S314
    drawn = {plot.get("aria-label"): [part.get("class") for part in plot.iter()] for plot in plots}
    assert drawn["Calibration"].count("ring") == 20
    assert drawn["Residuals"].count("bar") == 41
    assert drawn["Importance of the inputs"].count("bar") == 4
    assert drawn["Error by hour"].count("line") == 1
    assert "$" not in page
    assert not re.search(r"(src|href)=.(?!data:)|url\(|@import", page)
    for told in (manifest.sha256, manifest.quality.metric, "Promoted.", "mean absolute error"):
        assert told in page
