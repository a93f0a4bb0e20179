"""A part's process whose work goes as the first argument says: `python -m tests.process.part raises`."""

import asyncio
import logging
import sys
import threading
import warnings
from pathlib import Path

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import PeerAway
from radquarry.process import start

PATIENT = "Muster^Erika"


def _fail() -> None:
    raise LookupError(PATIENT)


async def _forgotten() -> None:
    _fail()


async def serve(how: str) -> None:
    """End, or fail, as told."""
    match how:
        case "waits":
            sys.stdout.write("up\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
        case "raises":
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_forgotten())
        case "away":
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_away())
        case "misconfigured":
            raise ConfigurationError(["api.port: cannot listen on 127.0.0.1 port 1: Address already in use"])
        case "read-only":
            Path("/proc/version/data").mkdir()
        case "babbles":
            _babble()
            await asyncio.sleep(0)


async def _away() -> None:
    raise PeerAway("the state store does not answer: ConnectionRefusedError")


def _babble() -> None:
    warnings.warn(f"Invalid value for VR PN: {PATIENT}", stacklevel=1)
    try:
        _fail()
    except LookupError:
        logging.getLogger("sqlalchemy.pool").exception("Exception terminating connection")
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    task = asyncio.ensure_future(_forgotten())
    del task


if __name__ == "__main__":
    how = sys.argv.pop(1)
    start("part", lambda _: how, serve)
