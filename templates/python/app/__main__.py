"""`python -m app` serves; `python -m app --reload` starts anew whenever a file of app/ changes."""

import os
import signal
import sys

import uvicorn

from app.config import Config, ConfigError, read
from app.logs import logging_config
from app.main import create_app


def main() -> None:
    try:
        config = read(Config, os.environ)
        create_app()  # every other setting is checked here, before a port is opened
    except ConfigError as error:
        sys.exit(f"error: {error}")
    reload = "--reload" in sys.argv[1:]
    # uvicorn drains on SIGTERM and raises the signal again afterwards: that end is a good one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=config.host,
        port=config.port,
        reload=reload,
        reload_dirs=["app"] if reload else None,
        access_log=False,  # the edge logs every request, with its trace
        log_config=logging_config(config.log_level),
        server_header=False,
        timeout_graceful_shutdown=10,
    )


if __name__ == "__main__":
    main()
