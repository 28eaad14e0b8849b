"""Where the steps run: in this process, or, with DASK_SCHEDULER set, on the workers of Dask."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from tqdm import tqdm

from app.settings import Settings
from app.steps import Place

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    def map(
        self, step: Callable[[Place, Task], Result], place: Place, tasks: list[Task]
    ) -> Iterator[Result]:
        """In any order. A step that fails raises its exception here."""


class Local:
    """One step after the other; DuckDB itself takes all threads."""

    def map(
        self, step: Callable[[Place, Task], Result], place: Place, tasks: list[Task]
    ) -> Iterator[Result]:
        return (step(place, task) for task in tasks)


class Dask:
    """Workers see the same data folder and the same code. The steps of one that dies are given to another."""

    def __init__(self, scheduler: str) -> None:
        from distributed import Client  # takes seconds: only here

        self.client = Client(scheduler, timeout=30)

    def map(
        self, step: Callable[[Place, Task], Result], place: Place, tasks: list[Task]
    ) -> Iterator[Result]:
        from distributed import as_completed

        futures = [self.client.submit(step, place, task, pure=False) for task in tasks]
        for future in as_completed(futures):
            yield future.result()


def engine(settings: Settings) -> Engine:
    return Dask(settings.dask_scheduler) if settings.dask_scheduler else Local()


def shown(results: Iterable[Result], what: str, count: int) -> list[Result]:
    """All results, with a bar for whoever sits at a terminal."""
    return list(tqdm(results, what, count, disable=None, leave=False))
