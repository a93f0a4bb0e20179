"""One merge for many messages: first the search store has them, then it is said, then they are acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from radquarry.bus.port import Publish
from radquarry.errors import Permanent
from radquarry.index.parts import GonePart, MissingReportPart, Part, ReportPart, StudyPart
from radquarry.index.port import Index, PartsRefused
from radquarry.messages import DocumentIndexed, Event


@dataclass(frozen=True)
class Fact:
    """A part of a document, the message that told it, and the crawl that message belongs to."""

    told_by: Event
    crawl_id: UUID
    part: Part


async def merge_and_announce(facts: Sequence[Fact], index: Index, publish: Publish) -> list[Permanent | None]:
    """Merge all parts and publish `DocumentIndexed` for each but absences; what the store refuses for good, by place.

    Raises `PeerAway` when store or bus do not answer: then all are tried again, and twice is once.
    """
    refused: dict[int, str] = {}
    try:
        await index.merge([fact.part for fact in facts])
    except PartsRefused as error:
        refused = error.reasons
    told = [fact for place, fact in enumerate(facts) if place not in refused]
    await publish(*(_indexed(fact, fact.part) for fact in told if not isinstance(fact.part, GonePart)))
    return [Permanent(refused[place]) if place in refused else None for place in range(len(facts))]


def _indexed(fact: Fact, part: StudyPart | ReportPart | MissingReportPart) -> DocumentIndexed:
    return DocumentIndexed.after(
        fact.told_by,
        crawl_id=fact.crawl_id,
        study_instance_uid=part.study_instance_uid,
        part=part.kind,
    )
