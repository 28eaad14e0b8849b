"""How good a model is on rows that it never saw, and what it looks at."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app import features
from app.dataset import Examples, Lesson
from app.model import Model

METRIC = "error relative to repeating the last value"
REPEATING = "repeating the last value"
Figures = dict[str, float]


class Evaluation(NamedTuple):
    examples: Examples
    forecast: NDArray[np.float64]
    figures: dict[str, Figures]
    """By who forecast: the model first, then what it is held against."""
    serving: str
    """The version in service, if there is one and it is another."""
    importance: Figures
    """By input: how many times as large the error is when that input is shuffled."""

    def ratio(self, who: str) -> float:
        return relative(self.figures[who], self.figures[REPEATING])


def evaluate(model: Model, serving: Model | None, lesson: Lesson) -> Evaluation:
    """On one and the same rows."""
    unseen = lesson.unseen
    asked = {model.manifest.version: model}
    if serving:
        asked.setdefault(serving.manifest.version, serving)
    forecasts = {who: np.array(one.score(unseen.rows)) for who, one in asked.items()}
    forecasts[REPEATING] = features.last(unseen.rows).astype(np.float64)
    return Evaluation(
        unseen,
        forecasts[model.manifest.version],
        {who: measure(forecast, unseen) for who, forecast in forecasts.items()},
        serving.manifest.version if serving and len(asked) > 1 else "",
        importance(model, unseen, lesson.seed),
    )


def measure(forecast: ArrayLike, examples: Examples) -> Figures:
    """In the units of the value."""
    residuals = examples.following - np.asarray(forecast, np.float64)
    return {
        "mean absolute error": round(float(np.abs(residuals).mean()), 4),
        "root mean squared error": round(float(np.sqrt((residuals**2).mean())), 4),
        "bias": round(float(-residuals.mean()), 4),
        "90 % of errors below": round(float(np.quantile(np.abs(residuals), 0.9)), 4),
    }


def on(model: Model, examples: Examples) -> float:
    forecast = model.score(examples.rows)
    return relative(measure(forecast, examples), measure(features.last(examples.rows), examples))


def relative(figures: Figures, to: Figures) -> float:
    return round(figures["mean absolute error"] / to["mean absolute error"], 3)


def importance(model: Model, examples: Examples, seed: int) -> Figures:
    """By permutation: an input that the model does not need can be shuffled without harm."""
    random = np.random.default_rng(seed)
    inputs = features.inputs(examples.rows)
    change = examples.following - features.last(examples.rows)

    def error(given: features.Rows) -> float:
        (forecast,) = model.session.run(None, {"inputs": given})
        return float(np.abs(change - forecast[:, 0]).mean())

    found = {}
    for column, name in enumerate(features.INPUTS):
        shuffled = inputs.copy()
        shuffled[:, column] = random.permutation(shuffled[:, column])
        found[name] = round(error(shuffled) / error(inputs), 4)
    return found
