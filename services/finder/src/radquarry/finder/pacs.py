"""What the finder needs of a PACS, over DICOM: a day's studies, their series, a sign of life."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from time import perf_counter
from typing import Protocol, TypeVar

import structlog

from radquarry.dicom.association import Association
from radquarry.dicom.finding import AnswerLost, FindRefused, find
from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.finder.answers import Answered, Answering
from radquarry.finder.keys import element
from radquarry.finder.lines import Line
from radquarry.finder.listing import Listing
from radquarry.finder.named import Named, ask_by_uid
from radquarry.finder.page import Listed, Page
from radquarry.finder.pages import Pages
from radquarry.finder.parts import Part
from radquarry.finder.probing import Access, probe
from radquarry.finder.queries import Model, checked
from radquarry.finder.rows import Problems, studies_question
from radquarry.finder.series import SeriesListing, WithSeries, joined
from radquarry.finder.watch import Watch
from radquarry.messages import PacsProfile, Study

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")

ATTEMPTS = 2
SERIES_TOGETHER = 10
"""Studies whose series are asked for in one visit, where a PACS allows several at once."""
ECHO_PATIENCE_SECONDS = 5.0
"""An echo beside a crawl waits for one of its associations: one more than allowed would be impolite."""


class Pacs(Protocol):
    """One PACS, as the handlers use it. Raises `PacsAway`, `PacsRefuses`, `PacsStopped`."""

    @property
    def watch(self) -> Watch:
        """Is told the PACS's profile, and tells what contradicts it."""

    async def studies(self, day: date, modality: str) -> Listed:
        """Every study of a day, or gaps."""

    async def narrowed(self, day: date, modality: str, keys: Mapping[str, str]) -> Listed:
        """Those studies of a day that match `keys` (DICOM keyword → value), or gaps.

        Also others, where the PACS ignores or refuses a key: look at them again.
        """

    async def with_series(self, studies: Sequence[Study]) -> WithSeries:
        """The studies with their series, or gaps."""

    async def named(self, study_instance_uids: Sequence[str]) -> Named:
        """Studies asked for by UID alone."""

    async def answers(self, query: Mapping[str, str], model: Model | None = None, most: int = 0) -> Answered:
        """Plain rows for one C-FIND as people write it: DICOM keyword → value, `*` or "" where it is only returned.

        `QueryRetrieveLevel` (STUDY, PATIENT, SERIES or IMAGE) is among the keys; `model` is `patient-root` or
        `study-root`, by itself the one that has this level. Raises `QueryRefused`, in words for people and without
        values, when it cannot be asked like this. Of more than `most` rows (0 is: any number) the rest is not heard.
        """

    async def echo(self) -> float:
        """The milliseconds a sign of life took."""

    async def probe(self) -> PacsProfile:
        """What it can do, found by a few small questions within two minutes or so."""


class DicomPacs:
    """See `Pacs`. What is learnt about its answers is kept for as long as this lives."""

    def __init__(self, access: Access, charset: str, limit: int | None) -> None:
        self._access = access
        self._peer = access.peer
        self._lines = access.lines
        self._charset = charset
        self._pages = Pages(limit)
        self.watch = Watch(access.peer.name, self._pages)

    async def studies(self, day: date, modality: str) -> Listed:
        """See `Pacs`."""
        return await self._listed(Part(day, modality), {})

    async def narrowed(self, day: date, modality: str, keys: Mapping[str, str]) -> Listed:
        """See `Pacs`."""
        try:
            return await self._listed(Part(day, modality), keys)
        except PacsRefuses:
            listed = await self._listed(Part(day, modality), {})  # a PACS may refuse keys that are optional
            self.watch.refused_keys(keys)
            return listed

    async def _listed(self, part: Part, keys: Mapping[str, str]) -> Listed:
        problems: Problems = Counter()

        async def visit(line: Line) -> Listed:
            return await Listing(partial(self._ask, line, problems, keys), self._pages).of(part)

        try:
            listed = await self._lines.use(visit)
        except FindRefused as refusal:
            if not keys:
                self.watch.refused("STUDY", str(refusal))
            raise
        self._report(problems)
        self.watch.ignored_in_parts(listed.ignored)
        return listed

    async def with_series(self, studies: Sequence[Study]) -> WithSeries:
        """See `Pacs`."""
        problems: Problems = Counter()
        width = self._lines.width
        size = SERIES_TOGETHER if width > 1 else len(studies)
        try:
            found = await self._over_all_lines(
                [
                    partial(SeriesListing(self._pages, self._charset, problems).of, studies[start : start + size])
                    for start in range(0, len(studies), size or 1)
                ],
                width,
            )
        except FindRefused as refusal:
            self.watch.refused("SERIES", str(refusal))
            raise
        self._report(problems)
        return joined(found)

    async def _over_all_lines(
        self, visits: Sequence[Callable[[Line], Awaitable[Answer]]], width: int
    ) -> Sequence[Answer]:
        """What each visit returned, `width` at once; the first that raises ends the others."""
        turns = asyncio.Semaphore(width)

        async def paid(visit: Callable[[Line], Awaitable[Answer]]) -> Answer:
            async with turns:
                return await self._lines.use(visit)

        work = [asyncio.create_task(paid(visit)) for visit in visits]
        try:
            return await asyncio.gather(*work)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def named(self, study_instance_uids: Sequence[str]) -> Named:
        """See `Pacs`."""
        problems: Problems = Counter()
        found = await self._lines.use(partial(ask_by_uid, study_instance_uids, self._charset, problems))
        self._report(problems)
        return found

    async def answers(self, query: Mapping[str, str], model: Model | None = None, most: int = 0) -> Answered:
        """See `Pacs`."""
        wanted = checked(query, model)

        async def visit(line: Line) -> Answered:
            answering = Answering(line, self._pages, self._charset)
            answered = await answering.ask(wanted, most)
            if answered.is_lost and not answered.received:
                with suppress(PacsRefuses):
                    await line.run(_echo)  # a PACS that is away, or one that cannot bear this question?
            self._report(answering.problems)
            return answered

        return await self._lines.use(visit)

    async def echo(self) -> float:
        """C-ECHO over the next association that is free."""
        return await self._lines.use_for_a_person(_echo_over, ECHO_PATIENCE_SECONDS)

    async def probe(self) -> PacsProfile:
        """See `Pacs`."""
        return await probe(self._access, self._charset)

    async def _ask(self, line: Line, problems: Problems, keys: Mapping[str, str], part: Part) -> Page:
        """One C-FIND, once more over a new association when it was lost in the middle."""
        question = studies_question(part, self._charset, problems)
        for keyword, pattern in keys.items():
            question.identifier.add(element(keyword, pattern))
        page = Page((), 0)
        for _attempt in range(ATTEMPTS):
            try:
                answers = await line.run(partial(find, question=question))
            except AnswerLost as lost:
                page = Page((), 0, str(lost), is_lost=True)
                continue
            page = Page(answers.items, answers.received, answers.cut, malformed=answers.malformed)
            if not answers.is_lost:
                break
        if any(_is_of_another_modality(study, part.modality) for study in page.studies):
            self.watch.ignored(["ModalitiesInStudy"])
        return page

    def _report(self, problems: Problems) -> None:
        if problems:
            log.warning("values that could not be read", pacs=self._peer.name, keywords=dict(problems))


def _is_of_another_modality(study: Study, wanted: str) -> bool:
    return bool(wanted and study.modalities_in_study) and wanted not in study.modalities_in_study


async def _echo_over(line: Line) -> float:
    return await line.run(_echo)


def _echo(association: Association) -> float:
    begun = perf_counter()
    try:
        status = association.send_c_echo()
    except RuntimeError:
        raise PacsAway("the association ended before the C-ECHO") from None
    except ValueError:
        raise PacsRefuses("the PACS does not offer Verification (C-ECHO)") from None
    code = status.get("Status")
    if code is None:
        raise PacsAway("the C-ECHO was not answered")
    if code != 0:
        raise PacsRefuses(f"the PACS answered the C-ECHO with status {code:#06x}")
    return (perf_counter() - begun) * 1000
