"""What a parked message means for its crawl or retrieval: what will not come, and why."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from radquarry.api.crawl_facts import (
    Blocked,
    CrawlFact,
    PortionReopened,
    PortionSettled,
    Seen,
    StudySeen,
    WindowReopened,
    WindowSettled,
)
from radquarry.api.delivery_facts import DeliveryFact, DeliveryRefused
from radquarry.api.retrieval_facts import RetrievalFact, RetrievalRefused
from radquarry.api.storable import storable
from radquarry.bus.port import Parked
from radquarry.dicom.uids import is_uid
from radquarry.messages import Gap

NAMES = UUID("6f1d2f6e-8e0e-5d0a-9a55-0c9a4f2f5a11")

WORDS = {
    "crawl.requested": "A crawl could not be planned",
    "window.find": "A day could not be asked for",
    "rows.find": "Rows of a list could not be looked up",
    "queries.find": "Queries could not be asked",
    "rows.listed": "Rows that a RIS gave could not be taken up",
    "portion.closed": "The results of rows could not be noted",
    "crawl.resume": "A crawl could not be resumed",
    "study.found": "A study that was found could not be taken up",
    "report.fetched": "A report could not be taken up",
    "report.missing": "That a report is missing could not be noted",
    "document.indexed": "That a study is searchable could not be noted",
    "window.closed": "The end of a day's window could not be noted",
    "retrieval.requested": "A retrieval could not be begun",
    "retrieval.retry": "Studies could not be asked for again",
    "retrieval.abandon": "Studies could not be given up",
    "instances.stored": "Received images could not be entered in the ledger",
    "delivery.requested": "A delivery could not be begun",
    "delivery.progressed": "How far a delivery is could not be noted",
    "delivery.completed": "The end of a delivery could not be noted",
    "delivery.waits": "That a delivery waits could not be noted",
    "retrieval.tell": "What a retrieval brought could not be said again",
    "delivery.retry": "A delivery could not be tried again",
    "delivery.cancel": "A delivery could not be cancelled",
    "files.deidentify": "Files could not be de-identified",
    "files.preview": "What would be done to a file could not be looked up",
    "files.convert": "Files could not be converted",
    "files.cancel": "Uploaded files could not be removed",
    "pseudonyms.resolve": "Pseudonyms could not be resolved",
    "pseudonyms.resolved": "That pseudonyms are resolved could not be noted",
    "files.progressed": "How far the work on files is could not be noted",
}
STUDY_STEPS = {
    ("study.found", "indexer"): "A study could not be made searchable",
    ("study.found", "ris-fetcher"): "The report of a study could not be fetched",
    ("report.fetched", "indexer"): "A report could not be made searchable",
}
FOUND = {"study.found": Seen.FOUND, "report.fetched": Seen.REPORT_FETCHED, "report.missing": Seen.REPORT_MISSING}
FAILED = {
    ("study.found", "indexer"): Seen.INDEX_FAILED,
    ("study.found", "ris-fetcher"): Seen.REPORT_FAILED,
    ("report.fetched", "indexer"): Seen.REPORT_INDEX_FAILED,
}
INDEXED = {"study": Seen.STUDY_INDEXED, "report": Seen.REPORT_INDEXED}
OF_THE_CRAWL = (
    "crawl.requested",
    "crawl.planned",
    "window.closed",
    "portion.closed",
    "rows.listed",
    "crawl.completed",
    "crawl.cancel",
    "crawl.resume",
    "crawl.resumed",
)
PORTIONS = ("rows.find", "queries.find")
FILES = ("files.deidentify", "files.preview", "files.convert")


@dataclass(frozen=True)
class Subject:
    """What a parked message is about, as far as its body can be read: ids only."""

    crawl_id: UUID | None = None
    study_instance_uid: str = ""
    day: date | None = None
    modality: str = ""
    retrieval_id: UUID | None = None
    delivery_id: UUID | None = None
    job_id: UUID | None = None
    reidentification_id: UUID | None = None
    pacs: str = ""
    part: str = ""
    portion: int | None = None


@dataclass(frozen=True)
class Effects:
    """Where the meaning of a parked message is written."""

    crawls: Callable[[CrawlFact], Awaitable[None]]
    retrievals: Callable[[RetrievalFact], Awaitable[None]]
    deliveries: Callable[[DeliveryFact], Awaitable[None]]
    block_files: Callable[[UUID, str], Awaitable[None]]
    block_question: Callable[[UUID, str], Awaitable[None]]

    async def parked(self, parked: Parked, failure_id: UUID) -> None:
        """It will not come by itself."""
        subject = read(parked)
        await self._refused(parked, subject, storable(parked.reason))
        if subject.crawl_id is None:
            return
        if parked.topic == "window.find" and subject.day is not None:
            gap = Gap(begin="", end="", reason=parked.reason)
            await self.crawls(
                WindowSettled(
                    crawl_id=subject.crawl_id,
                    pacs=subject.pacs,
                    day=subject.day,
                    modality=subject.modality,
                    decided_at=parked.parked_at,
                    gaps=(gap,),
                    failure_id=failure_id,
                    asked=False,
                )
            )
        elif parked.topic in PORTIONS and subject.portion is not None:
            decided_at, portion = parked.parked_at, subject.portion
            await self.crawls(PortionSettled(subject.crawl_id, portion, decided_at, failure_id=failure_id))
        elif subject.study_instance_uid:
            failed = FAILED.get((parked.topic, parked.service), Seen.NOTHING)
            seen = FOUND.get(parked.topic, Seen.NOTHING) | INDEXED.get(subject.part, Seen.NOTHING) | failed
            await self.crawls(StudySeen(subject.crawl_id, subject.study_instance_uid, seen))
        elif parked.topic in OF_THE_CRAWL:
            await self.crawls(Blocked(subject.crawl_id, failure_id))

    async def replayed(self, parked: Parked, failure_id: UUID) -> None:
        """It is on its way again."""
        subject = read(parked)
        await self._refused(parked, subject, "")
        if subject.crawl_id is None:
            return
        if parked.topic == "window.find" and subject.day is not None:
            await self.crawls(WindowReopened(subject.crawl_id, subject.day, subject.modality, failure_id))
        elif parked.topic in PORTIONS and subject.portion is not None:
            await self.crawls(PortionReopened(subject.crawl_id, subject.portion, failure_id))
        elif subject.study_instance_uid:
            forget = FAILED.get((parked.topic, parked.service), Seen.NOTHING)
            await self.crawls(StudySeen(subject.crawl_id, subject.study_instance_uid, Seen.NOTHING, forget))
        elif parked.topic in OF_THE_CRAWL:
            await self.crawls(Blocked(subject.crawl_id, failure_id, again=True))

    async def _refused(self, parked: Parked, subject: Subject, reason: str) -> None:
        """An order that its answerer could not take up is refused as a whole; without a reason it is tried again."""
        match parked.topic, parked.service:
            case "retrieval.requested", "mover" if subject.retrieval_id:
                await self.retrievals(RetrievalRefused(subject.retrieval_id, reason))
            case "delivery.requested", "exporter" if subject.delivery_id:
                await self.deliveries(DeliveryRefused(subject.delivery_id, reason))
            case topic, "exporter" if topic in FILES and subject.job_id:
                await self.block_files(subject.job_id, reason)
            case "pseudonyms.resolve", "exporter" if subject.reidentification_id:
                await self.block_question(subject.reidentification_id, reason)


def key_of(parked: Parked) -> UUID:
    """The same for every delivery of one parked message, another when it is parked again."""
    body = hashlib.sha256(parked.body).hexdigest()
    return uuid5(NAMES, f"{parked.service} {parked.topic} {parked.message_id} {parked.parked_at.isoformat()} {body}")


def read(parked: Parked) -> Subject:
    """The ids in a body that may be anything."""
    try:
        body = json.loads(parked.body)
    except ValueError:
        return Subject()
    if not isinstance(body, dict):
        return Subject()
    study = body.get("study")
    uid = body.get("study_instance_uid") or (study.get("study_instance_uid") if isinstance(study, dict) else "")
    return Subject(
        crawl_id=_uuid(body.get("crawl_id")),
        study_instance_uid=uid if isinstance(uid, str) and is_uid(uid) else "",
        day=_day(body.get("day")),
        modality=_short(body.get("modality")),
        retrieval_id=_uuid(body.get("retrieval_id")),
        delivery_id=_uuid(body.get("delivery_id")),
        job_id=_uuid(body.get("job_id")),
        reidentification_id=_uuid(body.get("reidentification_id")),
        pacs=_short(body.get("pacs")),
        part=_short(body.get("part")),
        portion=_number(body.get("portion")),
    )


def words(topic: str, service: str, subject: Subject) -> str:
    """What did not happen, as a sentence."""
    sentence = STUDY_STEPS.get((topic, service)) or WORDS.get(topic, f"{service} could not answer {topic}")
    about = f": {subject.day.isoformat()} {subject.modality}".rstrip() if subject.day else ""
    return f"{sentence}{about or (subject.study_instance_uid and ': ' + subject.study_instance_uid)}."


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _short(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 64 else ""
