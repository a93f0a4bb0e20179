"""One move: from the list to files in their places, and what is said at its end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.text import Text

from radquarry.dicom.peer import PacsRefuses
from radquarry.messages import RetrievalProgressed
from radquarry.standalone.oneshot.announcing import opened_announcing
from radquarry.standalone.oneshot.fetching import Fetching
from radquarry.standalone.oneshot.leave import opened_leave
from radquarry.standalone.oneshot.listing import Listing, Place, Source
from radquarry.standalone.oneshot.peers import Asked, opened_pacs
from radquarry.standalone.oneshot.progress import Pace, shown
from radquarry.standalone.oneshot.receiving import Site, opened_fetcher
from radquarry.standalone.oneshot.sorting import Layout
from radquarry.standalone.oneshot.table_file import write_table
from radquarry.standalone.oneshot.workplace import Workplace, opened_workplace

MOST_SAID = 20
"""Problems on the screen; the file beside the directory has all."""
MISSING = ("study_instance_uid", "expected", "received", "reason")

Ends = Mapping[str, RetrievalProgressed]
"""Where each study stands in the end, as far as it was worked on."""
After = Callable[[Ends, Console], Awaitable[int]]
"""What is to be done when all that comes has come; not 0 when something is missing in it."""


@dataclass(frozen=True)
class Move:
    """What is to be fetched from whom, and where it belongs.

    `bus_url`: where an installation is told what has come into its archive.
    """

    asked: Asked
    site: Site
    source: Source
    layout: Layout
    after: Sequence[After] = ()
    bus_url: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def missing(self) -> Path:
        """Where what is missing is told; a complete move removes it."""
        directory = self.layout.directory.absolute()
        return directory.with_name(f"{directory.name}.missing.csv")


async def run_move(move: Move, screen: Console) -> int:
    """0 when every image of every study is in its place; 1 when something is missing, and why is said."""
    with opened_workplace(move.layout.directory, move.asked.address) as place:
        listing = await _listed(move, place, screen)
        fetching = Fetching(move.layout, place, listing, lambda words: _say(screen, words))
        await asyncio.to_thread(fetching.look)
        if fetching.done:
            _say(screen, f"{len(fetching.done)} studies are here from a move that did not come to its end")
        pace = Pace(len(listing.studies), len(fetching.done), fetching.images)
        with shown(screen, pace, "images", "studies") as counted:
            await _fetch(move, fetching, counted.step, counted.gain)
        codes = [await after(fetching.ends, screen) for after in move.after]
        code = _concluded(move, listing, fetching, screen)
        if strangers := place.strangers():
            _say(screen, f"{strangers} further images belong to none of the studies: they lie in {place.archive}")
        place.clear()
        return max([code, *codes])


def interrupted(move: Move, screen: Console) -> None:
    """The last word when a signal ended it."""
    _say(screen, f"ended by a signal: what has come is kept in {move.layout.directory}, and the same command goes on")


async def _listed(move: Move, place: Workplace, screen: Console) -> Listing:
    """Raises `PacsAway` when the PACS is not there: nobody need wait for it."""
    async with opened_pacs(move.asked) as pacs:
        with suppress(PacsRefuses):  # it may offer all but C-ECHO; whether it lets us in, the C-MOVE tells
            await pacs.echo()
        return await move.source.listed(pacs, Place(place.folder, move.asked.address, screen))


async def _fetch(move: Move, fetching: Fetching, step: Callable[[int], None], gain: Callable[[int], None]) -> None:
    if not fetching.wanted:
        return
    fetching.shown(step, gain)
    async with AsyncExitStack() as stack:
        fetcher = await stack.enter_async_context(opened_fetcher(move.site, fetching.folder, fetching.hear))
        leave = await stack.enter_async_context(opened_leave(move.asked, fetcher, fetching.say))
        announce = await stack.enter_async_context(opened_announcing(move.bus_url))
        await fetching.run(fetcher, leave, announce)


def _concluded(move: Move, listing: Listing, fetching: Fetching, screen: Console) -> int:
    lines: list[tuple[str, ...]] = [("", "", "", problem) for problem in listing.problems]
    lines += [(uid, *fetching.standing(uid)) for uid in listing.studies if not fetching.is_whole(uid)]
    whole = sum(map(fetching.is_whole, listing.studies))
    counts = f"{fetching.images} images, {whole} of {len(listing.studies)} studies whole, in {move.layout.directory}"
    if not lines:
        move.missing.unlink(missing_ok=True)
        _say(screen, f"complete: {counts}")
        return 0
    write_table(move.missing, MISSING, lines)
    for uid, *_, reason in lines[:MOST_SAID]:
        screen.print(Text(f"{uid}: {reason}" if uid else reason, style="red"), soft_wrap=True)
    if len(lines) > MOST_SAID:
        screen.print(Text(f"… and {len(lines) - MOST_SAID} more", style="red"), soft_wrap=True)
    _say(screen, f"INCOMPLETE: {counts}; what is missing: {move.missing}; the same command asks for it again")
    return 1


def _say(screen: Console, words: str) -> None:
    screen.print(Text(words), soft_wrap=True)
