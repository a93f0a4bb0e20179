"""The studies of one move while they come: what is here, what is ordered, and each whole study put into its place."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from radquarry.dicom.peer import PacsStopped
from radquarry.messages import RetrievalProgressed
from radquarry.standalone.oneshot.leave import Leave
from radquarry.standalone.oneshot.listing import Listing
from radquarry.standalone.oneshot.receiving import Fetcher
from radquarry.standalone.oneshot.sorting import Instance, Layout, put_into_place
from radquarry.standalone.oneshot.workplace import Workplace

SETTLED = ("complete", "incomplete", "cancelled")
SAID_SECONDS = 5.0

Announce = Callable[[Sequence[Instance]], Awaitable[None]]


class Fetching:
    """`done` were fetched whole by a move that was interrupted; `wanted` is the rest."""

    def __init__(self, layout: Layout, place: Workplace, listing: Listing, say: Callable[[str], None]) -> None:
        self._layout = layout
        self._place = place
        self._studies = tuple(listing.studies)
        self._only = listing.only
        self._tell = say
        self._here: dict[str, list[Instance]] = {}
        self._settled: asyncio.Queue[str] = asyncio.Queue()
        self._said_at = 0.0
        self._step: Callable[[int], None] = lambda _: None
        self._gain: Callable[[int], None] = lambda _: None
        self._ended = ""
        self.done: dict[str, int] = {}
        self.ends: dict[str, RetrievalProgressed] = {}
        self.folder: Path = place.folder
        self.images = 0

    @property
    def wanted(self) -> list[str]:
        """Studies to ask for, in their order."""
        return [study for study in self._studies if study not in self.done]

    def look(self) -> None:
        """See what is here; blocks."""
        here: dict[str, list[Instance]] = defaultdict(list)
        for instance in self._layout.held(self._studies):
            here[instance.study_instance_uid].append(instance)
        noted = self._place.settled()
        whole = (study for study in self._studies if study not in self._only)
        self.done = {study: noted[study] for study in whole if 0 < noted.get(study, 0) <= len(here[study])}
        for study, only in self._only.items():
            if only.keys() <= {instance.sop_instance_uid for instance in here[study]}:
                self.done[study] = len(only)
        for study in self.wanted:
            placed = {instance.sop_instance_uid for instance in here[study]}
            here[study] += [one for one in self._place.arrived(study) if one.sop_instance_uid not in placed]
        self._here = here
        self.images = sum(map(len, here.values()))

    def shown(self, step: Callable[[int], None], gain: Callable[[int], None]) -> None:
        """Who counts along: studies that are settled, and images that have come."""
        self._step, self._gain = step, gain

    async def run(self, fetcher: Fetcher, leave: Leave, announce: Announce) -> None:
        """Until every study is settled, or the PACS's traffic is stopped."""
        for study in self.wanted:
            await fetcher.know(self._here[study])
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(fetcher.run()), tasks.create_task(leave.keep())]
                tasks.create_task(self._feed(fetcher, leave))
                await self._put_into_place(announce)
                for task in running:
                    task.cancel()
        except* PacsStopped as stopped:
            self._ended = str(stopped.exceptions[0])
        for study in self.wanted:  # of those that are not settled some images may have come
            await announce(await asyncio.to_thread(self._placed, study))

    async def hear(self, event: RetrievalProgressed) -> None:
        """Where a study stands now; what was said earlier and comes later is nothing new."""
        study = event.study_instance_uid
        known = self.ends.get(study)
        if known is not None and known.revision >= event.revision:
            return
        before = known.received if known is not None else len(self._here.get(study, ()))
        self.ends[study] = event
        if more := event.received - before:
            self.images += more
            self._gain(more)
        if event.state == "waiting" and event.problem:
            self.say(event.problem)
        if event.state in SETTLED and (known is None or known.state not in SETTLED):
            self._settled.put_nowait(study)

    def say(self, words: str) -> None:
        """Now and then: many studies may wait for the same."""
        if time.monotonic() - self._said_at >= SAID_SECONDS:
            self._said_at = time.monotonic()
            self._tell(words)

    def is_whole(self, study: str) -> bool:
        """Whether all of it is here."""
        return study in self.done or (study in self.ends and self.ends[study].state == "complete")

    def standing(self, study: str) -> tuple[str, str, str]:
        """What a study should have, what it has, and why not all."""
        end = self.ends.get(study)
        if end is None or end.state not in SETTLED:
            received = len(self._here[study]) if end is None else end.received
            return "", str(received), f"not fetched to its end: {self._ended}"
        return str(end.expected or ""), str(end.received), end.problem

    async def _feed(self, fetcher: Fetcher, leave: Leave) -> None:
        wanted = self.wanted
        for start in range(0, len(wanted), leave.portion):
            await leave.study()
            await fetcher.order(wanted[start : start + leave.portion], self._only)

    async def _put_into_place(self, announce: Announce) -> None:
        for _ in self.wanted:
            study = await self._settled.get()
            await announce(await asyncio.to_thread(self._placed, study))
            if self.ends[study].state == "complete" and study not in self._only:
                await asyncio.to_thread(self._place.note, study, self.ends[study].received)
            self._step(0)

    def _placed(self, study: str) -> list[Instance]:
        return [put_into_place(self._layout, instance) for instance in self._place.arrived(study)]
