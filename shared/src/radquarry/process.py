"""What every part's process does around its service: arguments, logs, signals, sign of life."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import structlog

from radquarry.configuration.file import ConfigurationError
from radquarry.heartbeat import EVERY_SECONDS, beat

Settings = TypeVar("Settings")


def start(part: str, load: Callable[[Path | None], Settings], serve: Callable[[Settings], Awaitable[None]]) -> None:
    """Run one part until SIGTERM or SIGINT: `python -m radquarry.<part> [-c radquarry.yaml]`.

    Exits 2 when the configuration is wrong, with each line that is to mend on standard error.
    """
    parser = argparse.ArgumentParser(prog=f"radquarry.{part}")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="radquarry.yaml")
    arguments = parser.parse_args()
    configure_logs()
    try:
        settings = load(arguments.config)
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the person who started it reads it there
        sys.exit(2)
    asyncio.run(until_told(serve(settings)))


def configure_logs(level: int = logging.INFO) -> None:
    """One JSON line an event on standard error; libraries' own logs from warnings on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for library in ("pynetdicom", "pydicom", "aiormq", "aio_pika", "opensearch"):
        # what they print may be a patient's: our own lines say what happened, by ids and counts
        logging.getLogger(library).setLevel(logging.CRITICAL)


async def until_told(work: Awaitable[None]) -> None:
    """Run `work` with a heartbeat until it ends, or until SIGTERM or SIGINT cancels it."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    alive = asyncio.create_task(_beat())
    try:
        await task
    except asyncio.CancelledError:
        structlog.get_logger().info("stopped", pid=os.getpid())
    finally:
        alive.cancel()


async def _beat() -> None:
    while True:
        # the first beat comes late: a process that fails at its start, again and again, must not look alive
        await asyncio.sleep(EVERY_SECONDS)
        beat()
