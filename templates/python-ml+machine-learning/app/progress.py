"""What a command tells whoever waits for it."""

import sys


def say(step: str, what: str) -> None:
    print(f"  {step:9} {what}", flush=True)


def bar(step: str, done: int, of: int) -> None:
    """One line that fills; where nobody looks, in a log, there is nothing to see."""
    if sys.stdout.isatty():
        filled = 30 * done // of
        end = "\n" if done == of else "\r"
        print(f"  {step:9} {'█' * filled:░<30} {done} of {of}", end=end, flush=True)
