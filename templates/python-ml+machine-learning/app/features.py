"""What the model looks at. Training and serving share this file, so that they cannot drift apart."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.contract import Features

Rows = NDArray[np.float32]
NAMES = tuple(Features.model_fields)
INPUTS = ("hour", "weekday", "last - mean", "trend")
"""What `inputs` makes of them."""
WINDOW = 12
"""How many readings `mean` and `trend` are taken from; the contract says so to the callers too."""


TO_INPUTS = np.array(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, -1, 0], [0, 0, 0, 1]], np.float32
)
"""hour, weekday, last - mean, trend: by one product, for a row is scored in microseconds."""


def table(rows: Iterable[Features]) -> Rows:
    return np.array([[getattr(row, name) for name in NAMES] for row in rows], np.float32)


def inputs(rows: Rows) -> Rows:
    """The level itself tells nothing about the next step: only the distance from the mean does.

    The model forecasts a change, which is added to `last`; so it serves sources of any level.
    """
    return rows @ TO_INPUTS


def last(rows: Rows) -> Rows:
    return rows[:, NAMES.index("last")]
