"""What the other services say in the course of a crawl or a retrieval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import strategies as some

from radquarry.messages import (
    CrawlCompleted,
    CrawlPlanned,
    CrawlRequested,
    DocumentIndexed,
    Gap,
    InstanceState,
    Message,
    Report,
    ReportFetched,
    ReportMissing,
    RetrievalCompleted,
    RetrievalProgressed,
    RetrievalRequested,
    Study,
    StudyFound,
    WantedStudy,
    WindowClosed,
)

NOON = datetime(2024, 6, 28, 12, tzinfo=UTC)
DAY = date(2024, 6, 1)
SECRET = "Geheim^Gerda"
ACCESSION = "ACC-GEHEIM-77"


def uid(number: int) -> str:
    """A StudyInstanceUID."""
    return f"1.2.826.0.1.3680043.8.498.{number}"


@dataclass(frozen=True)
class CrawlStory:
    """A crawl of `len(studies)` days with so many studies each; every third report is missing."""

    crawl_id: UUID
    studies: Sequence[int] = (2, 0, 3)
    gaps: Sequence[int] = ()

    def days(self) -> list[date]:
        """The days it asks."""
        return [DAY + timedelta(days=n) for n in range(len(self.studies))]

    def uids(self) -> list[str]:
        """Every study it finds."""
        return [uid(number) for number in range(sum(self.studies))]

    def requested(self) -> CrawlRequested:
        """Its order."""
        days = self.days()
        return CrawlRequested(
            trail=self.crawl_id,
            sent_at=NOON,
            crawl_id=self.crawl_id,
            pacs="main",
            start_date=days[0],
            end_date=days[-1],
        )

    def closed(self, place: int, *, studies: int | None = None, later: int = 0) -> WindowClosed:
        """The end of one window."""
        gap = Gap(begin="080000", end="090000", reason="the PACS cut its answer")
        return WindowClosed(
            trail=self.crawl_id,
            sent_at=NOON + timedelta(seconds=1 + later),
            crawl_id=self.crawl_id,
            pacs="main",
            day=self.days()[place],
            studies=self.studies[place] if studies is None else studies,
            queries=1,
            gaps=(gap,) if place in self.gaps else (),
        )

    def found(self, study_instance_uid: str) -> StudyFound:
        """One study, with a patient's data in it."""
        study = Study(study_instance_uid=study_instance_uid, patient_name=SECRET, accession_number=ACCESSION)
        return StudyFound(trail=self.crawl_id, crawl_id=self.crawl_id, pacs="main", study=study, answered_at=NOON)

    def indexed(self, study_instance_uid: str, part: str = "study") -> DocumentIndexed:
        """A part of it is searchable."""
        return DocumentIndexed.model_validate(
            {"trail": self.crawl_id, "crawl_id": self.crawl_id, "study_instance_uid": study_instance_uid, "part": part}
        )

    def fetched(self, study_instance_uid: str) -> ReportFetched:
        """Its report."""
        report = Report(report_id="r1", text=f"{SECRET}: no pneumothorax", issued=NOON)
        return ReportFetched(
            trail=self.crawl_id,
            crawl_id=self.crawl_id,
            study_instance_uid=study_instance_uid,
            ris="main",
            report=report,
        )

    def missing(self, study_instance_uid: str) -> ReportMissing:
        """No report yet."""
        return ReportMissing(
            trail=self.crawl_id,
            crawl_id=self.crawl_id,
            study_instance_uid=study_instance_uid,
            ris="main",
            reason="none yet",
            asked_at=NOON,
        )

    def of_study(self, study_instance_uid: str) -> list[Message]:
        """Everything about one study."""
        if int(study_instance_uid.rpartition(".")[2]) % 3 == 2:
            report: list[Message] = [
                self.missing(study_instance_uid),
                self.indexed(study_instance_uid, "report-missing"),
            ]
        else:
            report = [self.fetched(study_instance_uid), self.indexed(study_instance_uid, "report")]
        return [self.found(study_instance_uid), self.indexed(study_instance_uid), *report]

    def all(self) -> list[Message]:
        """Everything, in the order it happens."""
        windows = len(self.studies)
        planned = CrawlPlanned(trail=self.crawl_id, crawl_id=self.crawl_id, windows=windows)
        completed = CrawlCompleted(
            trail=self.crawl_id,
            crawl_id=self.crawl_id,
            windows_closed=windows,
            windows_with_gaps=len(self.gaps),
            studies_found=sum(self.studies),
        )
        studies = [message for each in self.uids() for message in self.of_study(each)]
        closed = [self.closed(place) for place in range(windows)]
        return [self.requested(), planned, *studies, *closed, completed]


@dataclass(frozen=True)
class RetrievalStory:
    """A retrieval of studies with so many instances each."""

    retrieval_id: UUID
    instances: Sequence[int] = (3, 1)

    def requested(self) -> RetrievalRequested:
        """Its order."""
        studies = tuple(WantedStudy(study_instance_uid=uid(n), pacs="main") for n in range(len(self.instances)))
        return RetrievalRequested(
            trail=self.retrieval_id, sent_at=NOON, retrieval_id=self.retrieval_id, studies=studies
        )

    def progressed(self, place: int, state: str, received: int, revision: int, **more: object) -> RetrievalProgressed:
        """One study got further."""
        return RetrievalProgressed.model_validate(
            {
                "trail": self.retrieval_id,
                "retrieval_id": self.retrieval_id,
                "study_instance_uid": uid(place),
                "pacs": "main",
                "state": state,
                "expected": self.instances[place],
                "received": received,
                "revision": revision,
                **more,
            }
        )

    def listed(self, place: int) -> list[RetrievalProgressed]:
        """The study is complete; its instances are named in messages of two."""
        count = self.instances[place]
        named = [
            InstanceState(
                series_instance_uid=f"{uid(place)}.1",
                sop_instance_uid=f"{uid(place)}.1.{n}",
                received=True,
                bytes=100 + n,
                sha256=f"{n:064x}",
            )
            for n in range(count)
        ]
        return [
            self.progressed(place, "complete", count, 10 + start, instances=named[start : start + 2])
            for start in range(0, max(1, count), 2)
        ]

    def completed(self, state: str = "complete") -> RetrievalCompleted:
        """Its end."""
        whole = sum(self.instances)
        return RetrievalCompleted.model_validate(
            {
                "trail": self.retrieval_id,
                "retrieval_id": self.retrieval_id,
                "sent_at": NOON + timedelta(minutes=5),
                "state": state,
                "expected": whole,
                "received": whole,
            }
        )

    def all(self) -> list[Message]:
        """Everything, in the order it happens."""
        places = range(len(self.instances))
        running = [self.progressed(place, "running", 0, 1) for place in places]
        return [
            self.requested(),
            *running,
            *(each for place in places for each in self.listed(place)),
            self.completed(),
        ]


@some.composite
def mixtures(draw: some.DrawFn, count: int) -> list[list[int]]:
    """The numbers below `count` in any order, some of them twice, in portions that arrive together."""
    again = draw(some.lists(some.integers(0, count - 1), max_size=15))
    mixed = draw(some.permutations([*range(count), *again]))
    cuts = sorted(draw(some.sets(some.integers(1, len(mixed) - 1), max_size=8)))
    return [mixed[start:end] for start, end in pairwise([0, *cuts, len(mixed)])]


def crawl_story(**changes: object) -> CrawlStory:
    """A new crawl."""
    return CrawlStory(uuid4(), **changes)  # type: ignore[arg-type]  # the fields' own types


def retrieval_story(**changes: object) -> RetrievalStory:
    """A new retrieval."""
    return RetrievalStory(uuid4(), **changes)  # type: ignore[arg-type]  # the fields' own types
