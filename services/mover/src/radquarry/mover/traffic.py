"""How each PACS bears what this mover asks of it."""

from radquarry.bus.port import Publish
from radquarry.dicom.load import Load
from radquarry.dicom.load_traffic import MINUTE_SECONDS, minutes
from radquarry.messages import PacsTraffic


async def say_traffic(load: Load, publish: Publish, seconds: float = MINUTE_SECONDS) -> None:
    """Once a minute, of each PACS that was asked or for which something waits."""
    async for minute in minutes(load, "mover", seconds):
        await publish(PacsTraffic(**vars(minute)))
