"""The report of a model: a page of its own that needs nothing else, neither network nor script."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

import numpy as np

from app import features
from app.evaluation import REPEATING, Evaluation
from app.manifest import Manifest
from app.plots import Axis, Plot, Point

PAGE = Path(__file__).with_suffix(".html")
DOTS = 600
BINS = 20


def report(card: Manifest, seen: Evaluation, against: list[str]) -> str:
    quality = card.quality
    return Template(PAGE.read_text("utf-8")).substitute(
        version=card.version,
        verdict=escape(f"Not promoted: {'; '.join(against)}." if against else "Promoted."),
        state="candidate" if against else "promoted",
        data=escape(card.data + (f" and {card.outcomes:,} outcomes" if card.outcomes else "")),
        rows=f"{card.rows:,}",
        unseen=f"{len(seen.forecast):,}",
        value=quality.value,
        metric=escape(quality.metric),
        threshold=quality.threshold,
        calibration=calibration(seen),
        residuals=residuals(seen),
        importance=importance(seen),
        hours=hours(seen),
        figures=figures(card, seen),
        manifest=manifest(card),
    )


def calibration(seen: Evaluation) -> Plot:
    """Of the change since the last value: the value itself would look right whatever is forecast."""
    last = features.last(seen.examples.rows)
    predicted, observed = seen.forecast - last, seen.examples.following - last
    wide, high = (float(np.quantile(np.abs(one), 0.995)) for one in (predicted, observed))
    x, y = Axis("predicted change", -wide, wide), Axis("observed change", -high, high)
    plot = Plot("Calibration", x, y)
    inside = (np.abs(predicted) < wide) & (np.abs(observed) < high)
    some = np.flatnonzero(inside)[:: max(1, len(observed) // DOTS)]
    plot.dots(points(predicted[some], observed[some]), "dot", 1.6)
    end = min(wide, high)
    plot.line([(-end, -end), (end, end)], "ideal")
    groups = np.array_split(np.argsort(predicted, kind="stable"), BINS)
    means = [(float(predicted[one].mean()), float(observed[one].mean())) for one in groups]
    plot.line(means, "line")
    plot.dots(means, "ring", 4)
    return plot


def residuals(seen: Evaluation) -> Plot:
    """Observed less predicted; what lies beyond 99 % is counted at the ends."""
    found = seen.examples.following - seen.forecast
    reach = float(np.quantile(np.abs(found), 0.99))
    shares, edges = np.histogram(np.clip(found, -reach, reach), 2 * BINS + 1, (-reach, reach))
    percent = shares / len(found) * 100
    top = float(percent.max()) * 1.05
    plot = Plot(
        "Residuals",
        Axis("observed less predicted", -reach, reach),
        Axis("% of the examples", 0, top),
    )
    for share, left, right in zip(percent.tolist(), edges[:-1], edges[1:], strict=True):
        plot.bar((left, 0), (right, share), "bar", f"{left:.2f} to {right:.2f}: {share:.1f} %")
    plot.line([(0, 0), (0, top)], "ideal")
    return plot


def importance(seen: Evaluation) -> Plot:
    found = sorted(seen.importance.items(), key=lambda one: one[1])
    names = tuple(name for name, _ in found)
    percent = [(times - 1) * 100 for _, times in found]
    x = Axis("growth of the error, %", min(0, *percent) * 1.05, max(1, *percent) * 1.05)
    plot = Plot("Importance of the inputs", x, Axis("", -0.5, len(found) - 0.5, names), left=100)
    for place, (name, growth) in enumerate(zip(names, percent, strict=True)):
        start, end = sorted((0, growth))
        plot.bar((start, place - 0.3), (end, place + 0.3), "bar", f"{name}: {growth:.1f} %")
    return plot


def hours(seen: Evaluation) -> Plot:
    """The error by the hour of the day, beside that of repeating the last value."""
    hour, last = seen.examples.rows[:, 0], seen.examples.rows[:, 2]
    both = []
    for forecast in (seen.forecast, last):
        errors = np.abs(seen.examples.following - forecast)
        both.append([(h, float(errors[hour == h].mean())) for h in range(24) if (hour == h).any()])
    top = max(error for line in both for _, error in line) * 1.1
    plot = Plot("Error by hour", Axis("hour, UTC", 0, 23), Axis("mean absolute error", 0, top))
    plot.line(both[1], "other")
    plot.line(both[0], "line")
    return plot


def points(x: Iterable[float], y: Iterable[float]) -> list[Point]:
    return [(float(one), float(other)) for one, other in zip(x, y, strict=True)]


def figures(card: Manifest, seen: Evaluation) -> str:
    """A table: what was measured of whom."""
    titles = {card.version: "this model", seen.serving: f"in service, {seen.serving}"}
    heads = [titles.get(who, who) for who in seen.figures]
    rows = [["", *heads]]
    rows += [
        [name, *(f"{of[name]:,.3f}" for of in seen.figures.values())]
        for name in seen.figures[REPEATING]
    ]
    rows.append([card.quality.metric, *(f"{seen.ratio(who):.3f}" for who in seen.figures)])
    return "\n".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)


def cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def manifest(card: Manifest) -> str:
    told = {
        "version": card.version,
        "sha256": card.sha256,
        "trained at": f"{card.trained_at:%Y-%m-%d %H:%M:%S} UTC",
        "seed": str(card.seed),
        "data": card.data_sha256,
        "unseen data": card.unseen_sha256,
        "code": card.code,
        "features": ", ".join(card.features),
        "libraries": ", ".join(f"{name} {version}" for name, version in card.libraries.items()),
    }
    return "\n".join(f"<tr>{cell(name)}{cell(value)}</tr>" for name, value in told.items())
