"""C-ECHO to the configured PACS, without a server."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from radquarry.configuration.sections import Whole
from radquarry.dicom.echo import echo
from radquarry.dicom.peer import configured_peer
from radquarry.errors import Permanent, Transient


@dataclass(frozen=True)
class Echo:
    """What came of one C-ECHO, in plain words."""

    pacs: str
    answered: bool
    words: str


async def echo_all(whole: Whole, names: Sequence[str]) -> list[Echo]:
    """Ask all of them at once; the answers are in the order of `names`."""
    return list(await asyncio.gather(*(_echo(whole, name) for name in names)))


async def _echo(whole: Whole, name: str) -> Echo:
    pacs = whole.pacs[name]
    peer = configured_peer(name, pacs, whole.node.ae_title, at_most_seconds=15)
    try:
        milliseconds = await echo(peer)
    except (Transient, Permanent) as error:
        return Echo(name, answered=False, words=str(error))
    return Echo(name, answered=True, words=f"{pacs.ae_title} at {pacs.host}:{pacs.port} in {milliseconds:.0f} ms")
