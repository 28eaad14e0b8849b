"""One process of the pool: a job per line of its input, progress and result by lines of its output.

The lines are JSON, never a pickle. It ends when its input does, so none outlives the service.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from time import monotonic

from app import computation
from app.contract_jobs import NewJob

PAUSE = 0.1
"""Seconds between two lines of progress."""


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends this
    answers, sys.stdout = sys.stdout, sys.stderr  # what the computation prints is no answer

    def say(**line: object) -> None:
        print(json.dumps(line), file=answers, flush=True)

    for line in sys.stdin:
        try:
            result = computation.run(NewJob.model_validate_json(line), seldom(say))
        except BrokenPipeError:
            os._exit(1)  # the service is gone, and nobody is left to tell
        except Exception:
            logging.exception("a job failed")
            say(failed=True)
        else:
            say(result=result.model_dump())


def seldom(say: Callable[..., None]) -> Callable[[float], None]:
    """Progress, but not every bit of it."""
    last = 0.0

    def tell(progress: float) -> None:
        nonlocal last
        if monotonic() - last > PAUSE:
            last = monotonic()
            say(progress=progress)

    return tell


if __name__ == "__main__":
    main()
