"""Mover and storescp as one process that a test can kill; what they say is appended to the file `heard`.

python -m tests.mover.process FOLDER NODE_PORT PACS_PORT [KEEP_DAYS]
"""

import asyncio
import sys
from pathlib import Path

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.configuration.sections import Archive, Node, Pacs
from radquarry.messages import RetrievalCompleted, RetrievalProgressed
from radquarry.mover import __main__ as mover
from radquarry.mover.settings import Settings as MoverSettings
from radquarry.service import Service, run
from radquarry.state.store import open_state
from radquarry.storescp import __main__ as storescp
from radquarry.storescp.settings import Settings as StorescpSettings
from tests.mover.retrieving import QUICK


def listener(file: Path) -> Service:
    """Writes down what is said."""

    async def hear(event: RetrievalProgressed | RetrievalCompleted) -> None:
        with file.open("a") as heard:
            heard.write(f"{event.topic} {event.model_dump_json()}\n")

    return Service(name="api", handlers={RetrievalProgressed: hear, RetrievalCompleted: hear})


async def main(folder: Path, node_port: int, pacs_port: int, keep_days: int = 30) -> None:
    """Run until killed."""
    node = Node(host="127.0.0.1", port=node_port)
    pacs = {"main": Pacs(ae_title="HOSPITAL", host="127.0.0.1", port=pacs_port, timeout_seconds=10)}
    receiving = StorescpSettings(data_dir=folder, node=node, pacs=pacs, archive=Archive(reserve_gb=0))
    moving = MoverSettings(data_dir=folder, node=node, pacs=pacs, archive=Archive(keep_days=keep_days))
    async with (
        open_bus(f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1, 0.2))) as bus,
        open_state(f"sqlite:///{folder}/state.db") as state,
        storescp.opened(receiving, bus) as receiver,
        mover.opened(moving, bus, state, QUICK) as mover_,
    ):
        await run(bus, mover_, receiver, listener(folder / "heard"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
