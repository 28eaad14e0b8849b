"""Each fault of the data is named with its row and its column, and nothing learns from it."""

from pathlib import Path

import numpy as np
import pytest
from conftest import Write

from app.dataset import Examples, Readings, examples, split
from app.features import NAMES
from app.train import SEED, train
from app.validation import DataError, check, read

HEAD = b"source,at,value\n"
GOOD = b"a,2026-01-05T00:00:00Z,1.5\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "line 1: no column source, at, value"),
        (b"source,time,value\n", "line 1: no column at"),
        (HEAD + GOOD + b",2026-01-05T00:15:00Z,1\n", "line 3, column source: missing"),
        (HEAD + b"a,,1\n", "line 2, column at: missing"),
        (HEAD + b"a,2026-01-05T00:00:00Z,\n", "line 2, column value: missing"),
        (HEAD + b"a,2026-01-05T00:00:00Z\n", "line 2, column value: missing"),
        (HEAD + GOOD + b"a,2026-01-05T00:15:00Z,1,2\n", "line 3: more cells than columns"),
        (HEAD + b"a,yesterday,1\n", "line 2, column at: 'yesterday'"),
        (HEAD + b"a,2026-01-05T00:00:00,1\n", "line 2, column at: '2026-01-05T00:00:00'"),
        (HEAD + b"a,2026-01-05T00:00:00Z,much\n", "line 2, column value: 'much'"),
        (HEAD + b"a,2026-01-05T00:00:00Z,nan\n", "line 2, column value: 'nan'"),
        (HEAD + b"a,2026-01-05T00:00:00Z,2e12\n", "line 2, column value: '2e12'"),
        (
            HEAD + GOOD + b"b,2026-01-05T00:00:00Z,1\n" + GOOD,
            "line 4, columns source, at: the same",
        ),
        (HEAD + GOOD + b"\xff\n", "line 2: 'utf-8' codec"),
        (HEAD + GOOD + b'"a,2026-01-05T00:15:00Z,1\n', "line 3: unexpected end of data"),
    ],
)
def test_names_row_and_column(content: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_bytes(content)
    with pytest.raises(DataError) as error:
        read(file)
    assert str(error.value).startswith(f"readings.csv, {told}")


def test_tells_a_few_faults_and_counts_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_bytes(HEAD + b"a,2026-01-05T00:00:00Z,much\n" * 13)
    with pytest.raises(DataError) as error:
        read(file)
    assert str(error.value).splitlines()[-2:][0].startswith("readings.csv, line 11,")
    assert str(error.value).splitlines()[-1] == "and 3 more"


def test_reads_what_is_good_whatever_its_order(data: Path, few: Readings, write: Write) -> None:
    found = read(data)
    assert all(map(np.array_equal, found, few))
    backwards = examples(few.part(slice(None, None, -1)))
    assert backwards.content() == examples(few).content()


def halves(few: Readings) -> tuple[Examples, Examples]:
    return split(examples(few))


def test_finds_nothing_wrong_with_a_split_by_time(few: Readings) -> None:
    known, unseen = halves(few)
    check(known, unseen)
    assert known.at.max() < unseen.at.min()
    assert len(unseen.rows) == pytest.approx(len(known.rows) / 3, rel=0.02)


def test_finds_what_is_as_new_as_what_judges(few: Readings) -> None:
    known, unseen = halves(few)
    late = known._replace(at=np.append(known.at[:-1], unseen.at[:1]))
    with pytest.raises(DataError, match=rf"row {len(known.at) - 1}, column at: "):
        check(late, unseen)


def test_finds_rows_that_were_learned_among_those_that_judge(few: Readings) -> None:
    known, unseen = halves(few)
    count = len(unseen.rows) // 20
    rows, following = unseen.rows.copy(), unseen.following.copy()
    rows[5 : 5 + count], following[5 : 5 + count] = known.rows[:count], known.following[:count]
    with pytest.raises(DataError, match=r"row 5 \(.*\), all columns: the same as row 0 "):
        check(known, unseen._replace(rows=rows, following=following))


def test_takes_more_than_a_handful_and_something_that_moves(few: Readings) -> None:
    known, unseen = halves(few)
    with pytest.raises(DataError, match="too little data: 100 examples"):
        check(known.part(slice(100)), unseen)
    with pytest.raises(DataError, match="column value: nothing ever moves"):
        check(known._replace(following=known.rows[:, NAMES.index("last")]), unseen)


def test_faulty_data_changes_nothing(tmp_path: Path) -> None:
    file, models = tmp_path / "readings.csv", tmp_path / "models"
    file.write_bytes(HEAD + GOOD)
    with pytest.raises(DataError, match="too little data"):
        train(SEED, models, file)
    assert not models.exists()
