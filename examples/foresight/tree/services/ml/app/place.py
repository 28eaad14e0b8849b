"""Where a registry is: a folder or a URL, such as s3://bucket/models, where universal-pathlib and what
it takes for that scheme (for s3 s3fs) are installed."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import cast


class PlaceError(ArgumentTypeError, ValueError):
    """A URL of which nothing that is installed knows; settings and command lines tell it."""


def place(where: str) -> Path:
    if "://" not in where:
        return Path(where)
    try:
        from upath import UPath

        found = UPath(where)
        assert found.fs  # noqa: S101 (the package of its scheme, made here and asked nothing yet)
    except ModuleNotFoundError:
        raise PlaceError("a URL takes universal-pathlib, which is not installed") from None
    except (ImportError, ValueError) as error:
        raise PlaceError(str(error)) from None
    return cast(Path, found)  # it can do the same
