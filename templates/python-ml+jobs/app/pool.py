"""A pool of processes that take jobs from the queue; the event loop only reads what they say."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, Field

from app.contract_jobs import Job, NewJob, Result
from app.jobs import ENDED, Jobs
from app.telemetry import log

# Each process keeps to one core: there are as many of them as shall be busy.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

DRAINED = "The service ends."


class Settings(BaseModel):
    data_folder: Path = Path("data")
    job_workers: int = Field(max(1, (os.cpu_count() or 2) - 1), ge=1, le=64)
    jobs_waiting: int = Field(50, ge=1)
    """Beyond that a job is refused."""
    job_seconds: float = Field(600, gt=0)
    """A job that takes longer is ended."""
    job_drain_seconds: float = Field(5, ge=0)
    """So long a job that runs may go on when the service ends; then it waits for the next start."""


class BusyError(Exception):
    """No job is taken now; says why."""


class Worker:
    """A process that does one job after the other. It is started anew when it has died."""

    process: Process | None = None
    why = ""
    """The reason for which it was killed."""

    async def run(self, job: NewJob, tell: Callable[[float], None]) -> Result | str:
        """The result, or why there is none."""
        process = self.process = self.process or await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app.worker"),
            stdin=PIPE,
            stdout=PIPE,
            env=os.environ | ONE_THREAD,
            cwd=Path(__file__).parents[1],
        )
        hears, says = process.stdin, process.stdout
        assert isinstance(hears, asyncio.StreamWriter)  # noqa: S101 (for mypy: they are pipes)
        assert isinstance(says, asyncio.StreamReader)  # noqa: S101
        if self.why:
            process.kill()
        else:
            hears.write(job.model_dump_json().encode() + b"\n")
        async for line in says:
            said = json.loads(line)
            if self.why:
                continue  # it is being killed
            if "result" in said:
                return Result.model_validate(said["result"])
            if "failed" in said:
                return "The computation failed; the log says why."
            tell(said["progress"])
        self.process = None
        code = await process.wait()
        why, self.why = self.why, ""
        return why or f"Its process died ({signal.Signals(-code).name if code < 0 else code})."

    def kill(self, why: str) -> None:
        self.why = why
        if self.process and self.process.returncode is None:
            self.process.kill()

    async def close(self) -> None:
        if self.process:
            self.process.kill()
            await self.process.wait()


class Pool:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.jobs: Jobs | None = None
        """None until the service has started."""
        self.draining = False
        self.running: dict[UUID, Worker] = {}
        self.progress: dict[UUID, float] = {}
        self.followers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.more = asyncio.Condition()
        self.idle = asyncio.Event()
        self.idle.set()

    def open(self) -> None:
        self.jobs = Jobs(self.settings.data_folder / "jobs.sqlite")
        self.tasks = [
            asyncio.create_task(self.work(Worker())) for _ in range(self.settings.job_workers)
        ]

    async def start(self, request: NewJob, key: str | None) -> Job:
        """Raises BusyError."""
        if not self.jobs or self.draining:
            raise BusyError("The service starts or ends.")
        if known := self.jobs.by_key(key):
            return known
        if self.jobs.waiting() >= self.settings.jobs_waiting:
            raise BusyError(f"{self.settings.jobs_waiting} jobs wait already.")
        job = self.jobs.add(request, key)
        async with self.more:
            self.more.notify()
        return job

    def get(self, id: UUID) -> Job | None:
        job = self.jobs and self.jobs.get(id)
        if job and job.state == "running":
            job.progress = self.progress.get(id, 0)
        return job or None

    def newest(self, limit: int) -> list[Job]:
        found = self.jobs.newest(limit) if self.jobs else []
        return [self.get(job.id) or job for job in found]

    def cancel(self, id: UUID) -> None:
        if worker := self.running.get(id):
            worker.kill("It was cancelled.")
        self.end(id, "cancelled")

    def end(self, id: UUID, state: str, reason: str = "", result: Result | None = None) -> None:
        assert self.jobs  # noqa: S101
        progress = 1 if result else self.progress.pop(id, 0)
        self.jobs.end(id, state, progress, reason, result)
        self.changed(id)

    async def work(self, worker: Worker) -> None:
        """One job after the other, until this task is cancelled."""
        try:
            while True:
                async with self.more:
                    job = await self.more.wait_for(self.take)
                if job:
                    await self.run(job, worker)
        finally:
            await worker.close()

    async def run(self, job: Job, worker: Worker) -> None:
        self.changed(job.id)
        self.running[job.id] = worker
        self.idle.clear()
        loop, seconds = asyncio.get_running_loop(), self.settings.job_seconds
        timer = loop.call_later(seconds, worker.kill, f"It took longer than {seconds:g} s.")
        try:
            outcome = await worker.run(job.request, partial(self.tell, job.id))
        except Exception as error:  # such as a system that has no process left to give
            log.exception("a job could not be run")
            outcome = f"It could not be run ({type(error).__name__})."
        timer.cancel()
        del self.running[job.id]
        self.settle(job.id, outcome)
        if not self.running:
            self.idle.set()

    def take(self) -> Job | None:
        return None if self.draining or not self.jobs else self.jobs.take()

    def tell(self, id: UUID, progress: float) -> None:
        self.progress[id] = progress
        self.changed(id)

    def settle(self, id: UUID, outcome: Result | str) -> None:
        if isinstance(outcome, Result):
            self.end(id, "done", result=outcome)
        elif outcome == DRAINED and self.jobs:
            self.jobs.put_back(id)
        else:  # has no effect on what was cancelled
            self.end(id, "failed", outcome)
        why = "done" if isinstance(outcome, Result) else outcome
        log.info("a job's run ended", extra={"fields": {"job": str(id), "why": why}})

    def changed(self, id: UUID) -> None:
        for follower in self.followers.get(id, ()):
            follower.set()

    async def follow(self, id: UUID, beat: float) -> AsyncIterator[Job | None]:
        """The job now and at every change until it has ended or the service ends; None as a beat."""
        change = asyncio.Event()
        self.followers[id].add(change)
        try:
            while job := self.get(id):
                yield job
                if job.state in ENDED or self.draining:
                    return
                while not await heard(change, beat):
                    yield None
                change.clear()
        finally:
            self.followers[id].discard(change)
            if not self.followers[id]:
                del self.followers[id]

    def drain(self) -> None:
        """No job starts any more, and whoever follows one is let go."""
        self.draining = True
        for followed in list(self.followers):
            self.changed(followed)

    async def close(self) -> None:
        """Waits a little for what runs; the rest is left for the next start."""
        self.drain()
        await heard(self.idle, self.settings.job_drain_seconds)
        for worker in self.running.values():
            worker.kill(DRAINED)
        await self.idle.wait()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.jobs:
            self.jobs.close()


async def heard(change: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(change.wait(), seconds)
    except TimeoutError:
        return False
    return True
