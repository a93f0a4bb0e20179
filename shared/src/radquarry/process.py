"""What every part's process does around its service: arguments, logs, signals, sign of life."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import faults, printable

Settings = TypeVar("Settings")


def start(
    part: str, load: Callable[[Path | None], Settings], serve: Callable[[Settings], Coroutine[Any, Any, None]]
) -> None:
    """Run one part until SIGTERM or SIGINT: `python -m radquarry.<part> [-c radquarry.yaml]`.

    Exits 0 when it was told to stop, 2 when the configuration is wrong, with each line that is to mend on standard
    error, and 1 when something else ends it, such as a peer that is not there yet: whoever started it starts it again.
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
    sys.exit(asyncio.run(until_told(serve(settings))))


def configure_logs(level: int = logging.INFO) -> None:
    """One JSON line an event on standard error; libraries' own logs from warnings on, without tracebacks.

    What libraries warn of, log or raise may hold a patient's data: our own lines say what happened, by ids and counts.
    """
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
    lines = logging.StreamHandler()
    lines.setFormatter(_WithoutTraceback("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
    logging.captureWarnings(capture=True)
    for library in ("pynetdicom", "pydicom", "py.warnings", "aiormq", "aio_pika", "opensearch"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    threading.excepthook = lambda fault: _say_unhandled("a thread ended", fault.exc_value)
    sys.unraisablehook = lambda fault: _say_unhandled("an error nobody could catch", fault.exc_value)


class _WithoutTraceback(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return printable(ei[1])


def _say_unhandled(what: str, error: BaseException | None) -> None:
    structlog.get_logger().error(what, reason=printable(error) if error else "")


async def until_told(work: Coroutine[Any, Any, None]) -> int:
    """Run `work` until it ends, or until SIGTERM or SIGINT cancels it; the process's exit code."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, said: _say_unhandled("a task failed unseen", said.get("exception")))
    task = asyncio.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait([task])
    error = None if task.cancelled() else task.exception()
    if error is None:
        structlog.get_logger().info("stopped", pid=os.getpid())
        return 0
    return max([_say_why(fault) for fault in faults(error)])


def _say_why(fault: BaseException) -> int:
    """Say what ended the process; its exit code."""
    if isinstance(fault, ConfigurationError):
        print(fault, file=sys.stderr)  # noqa: T201 - the person who started it reads it there
        return 2
    structlog.get_logger().critical("ended", reason=printable(fault))
    return 1
