"""What is told of a model beside its graph: where it came from, how good it is, how to know it."""

from typing import Any

from pydantic import AwareDatetime, BaseModel

from app.contract import Features, Quality


class Golden(BaseModel):
    """A row and its answer on the day of training: a model in service must still give it."""

    features: Features
    value: float


class Compared(BaseModel):
    """The model in service when this one was trained, and its quality on the same unseen rows."""

    version: str
    value: float


class Manifest(BaseModel):
    version: str
    sha256: str
    trained_at: AwareDatetime
    seed: int
    data: str
    """`simulation`, or the name of the file."""
    outcomes: int = 0
    """How many of the rows came from feedback."""
    rows: int
    data_sha256: str
    unseen_sha256: str
    """Of the rows that `quality` and `metrics` were measured on."""
    code: str
    """Sum of the files of app/ that made it."""
    features: list[str]
    input_schema: dict[str, Any]
    quality: Quality
    metrics: dict[str, float]
    compared: Compared | None = None
    edges: dict[str, list[float]]
    """Of each feature and of `score`: the deciles over the training data, rising, none twice."""
    shares: dict[str, list[float]]
    """How much of the training data lay in each bin, len(edges) + 1 of them, adding up to 1; the bin
    of x is `numpy.searchsorted(edges, x, "right")`."""
    libraries: dict[str, str]
    golden: list[Golden]
