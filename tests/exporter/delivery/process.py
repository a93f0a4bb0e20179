"""The exporter as a process that a test can kill; what it says is appended to the file `heard`.

python -m tests.exporter.delivery.process FOLDER DESTINATION_AS_JSON
"""

import asyncio
import sys
from pathlib import Path

from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.configuration.sections import Archive, Deidentifying, Destination
from radquarry.exporter import __main__ as exporter
from radquarry.exporter.settings import Settings
from radquarry.messages import DeliveryCompleted, DeliveryProgressed, FilesProgressed, Message
from radquarry.service import Service, run
from radquarry.state.store import open_state
from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.rig import QUICK, Reports


def listener(file: Path) -> Service:
    """Writes down what is said."""

    async def hear(event: Message) -> None:
        with file.open("a") as heard:
            heard.write(f"{event.topic} {event.model_dump_json()}\n")

    return Service(name="api", handlers=dict.fromkeys((DeliveryProgressed, DeliveryCompleted, FilesProgressed), hear))


async def main(folder: Path, destination: str) -> None:
    """Run until killed."""
    (folder / "key").write_bytes(SECRET)
    settings = Settings(
        data_dir=folder,
        destinations={"out": Destination.model_validate_json(destination)},
        deidentification=Deidentifying(key_file=folder / "key"),
        archive=Archive(reserve_gb=0),
    )
    async with (
        open_bus(f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1, 0.2))) as bus,
        open_state(f"sqlite:///{folder}/state.db") as state,
        exporter.opened(settings, bus, state, Reports(), QUICK) as service,  # type: ignore[arg-type]
    ):
        await run(bus, service, listener(folder / "heard"))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
