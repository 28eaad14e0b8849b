"""What was told of true outcomes makes the next model better, where the world has changed."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.dataset import Readings, examples
from app.features import NAMES
from app.registry import Registry
from app.retrain import main, outcomes, retrain
from app.train import SEED, train
from app.validation import DataError

Tell = Callable[[int], Path]


@pytest.fixture
def tell(tmp_path: Path, few: Readings) -> Tell:
    """Weeks later each value comes three higher than it would have."""
    later = examples(few._replace(at=few.at + np.timedelta64(60, "D")))

    def told(count: int) -> Path:
        folder = tmp_path / "feedback"
        folder.mkdir(exist_ok=True)
        lines = []
        for number in range(0, len(later.rows), len(later.rows) // count)[:count]:
            row = dict(zip(NAMES, later.rows[number].tolist(), strict=True))
            outcome = float(later.following[number]) + 3
            line = {"key": f"k{number}", "at": f"{later.at[number]}Z", "row": row}
            lines.append(json.dumps(line | {"outcome": outcome}) + "\n")
        (folder / "2026-03-06.jsonl").write_text("".join(lines), "utf-8")
        return folder

    return told


def test_learns_what_has_changed(tmp_path: Path, data: Path, tell: Tell) -> None:
    registry = Registry(tmp_path / "models")
    first = train(SEED, registry.folder, data)
    second = retrain(SEED, registry.folder, tell(1000), data)
    assert first
    assert second
    assert second.compared
    assert second.compared.version == first.version
    assert second.quality.value < 0.8 * second.compared.value
    assert second.rows == first.rows + second.outcomes
    assert second.outcomes == pytest.approx(750, abs=5)
    assert registry.current() == second.version
    assert "and 750 outcomes" in (registry.folder / second.version / "report.html").read_text(
        "utf-8"
    )


def test_takes_enough_of_it(tmp_path: Path, data: Path, tell: Tell) -> None:
    with pytest.raises(DataError, match=r"499 outcomes in .*: it takes 500"):
        retrain(SEED, tmp_path / "models", tell(499), data)
    with pytest.raises(DataError, match="0 outcomes in "):
        retrain(SEED, tmp_path / "models", tmp_path / "nowhere", data)
    assert not (tmp_path / "models").exists()


def test_counts_once_what_was_told_twice(tell: Tell) -> None:
    folder = tell(3)
    (folder / "2026-03-07.jsonl").write_bytes((folder / "2026-03-06.jsonl").read_bytes())
    assert len(outcomes(folder).rows) == 3


def test_leaves_out_what_a_crash_cut_off(tell: Tell, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tell(4)
    file = folder / "2026-03-06.jsonl"
    first, second, third, fourth = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([first, second[:-9], third, fourth[:9]]))
    assert len(outcomes(folder).rows) == 2
    told = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    assert told == [f"  left out  {file.name}, line {number}" for number in (2, 4)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"hour": 2.0', '"hour": 24.0', "line 1, column row.hour: "),
        ('"trend"', '"slope"', "line 1, column row.trend: Field required"),
        ('"outcome": ', '"outcome": 1e13, "x": ', "line 1, column outcome: "),
        ('"outcome": ', '"outcome": "1", "x": ', "line 1, column outcome: "),
        ("Z", "", "line 1, column at: "),
    ],
)
def test_names_what_is_wrong(old: str, new: str, told: str, tell: Tell) -> None:
    folder = tell(2)
    file = folder / "2026-03-06.jsonl"
    content = file.read_text("utf-8")
    assert old in content
    file.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(DataError, match=f"^2026-03-06.jsonl, {told}"):
        outcomes(folder)


def test_does_not_forget_a_file_for_the_simulation(
    tmp_path: Path,
    data: Path,
    tell: Tell,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = tmp_path / "models"
    first = train(SEED, models, data)
    words = ["retrain", "--models", str(models), "--feedback", str(tell(500))]
    monkeypatch.setattr("sys.argv", words)
    assert main() == 1
    assert "say --data readings.csv" in capsys.readouterr().err
    assert first
    assert Registry(models).versions() == [first.version]
