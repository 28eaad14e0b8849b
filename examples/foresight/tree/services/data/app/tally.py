"""Figures that are counted for every request: a number in a dict, told to Prometheus when it asks.

prometheus_client's own counters lock and look up labels each time, which costs more than the rest.
"""

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds."""


class Tally(Collector):
    """A counter. All counting is done in the loop's thread."""

    def __init__(self, name: str, told: str, labels: tuple[str, ...]) -> None:
        self.name, self.told, self.labels = name, told, labels
        self.counts: dict[tuple[str | int, ...], float] = {}
        REGISTRY.register(self)

    def add(self, by: float, *labels: str | int) -> None:
        self.counts[labels] = self.counts.get(labels, 0) + by

    def collect(self) -> Iterable[Metric]:
        family = CounterMetricFamily(self.name, self.told, labels=self.labels)
        for labels, count in self.counts.items():
            family.add_metric([str(label) for label in labels], count)
        yield family


class Times(Collector):
    """A histogram of seconds."""

    def __init__(self, name: str, told: str, label: str) -> None:
        self.name, self.told, self.label = name, told, label
        self.bins: dict[str, list[int]] = {}
        self.sums: dict[str, float] = {}
        REGISTRY.register(self)

    def add(self, seconds: float, label: str) -> None:
        if label not in self.bins:
            self.bins[label], self.sums[label] = [0] * (len(BOUNDS) + 1), 0.0
        self.bins[label][bisect_left(BOUNDS, seconds)] += 1
        self.sums[label] += seconds

    def collect(self) -> Iterable[Metric]:
        family = HistogramMetricFamily(self.name, self.told, labels=[self.label])
        for label, bins in self.bins.items():
            below = [sum(bins[: at + 1]) for at in range(len(bins))]
            ends = [*map(str, BOUNDS), "+Inf"]
            family.add_metric([label], list(zip(ends, below, strict=True)), self.sums[label])
        yield family
