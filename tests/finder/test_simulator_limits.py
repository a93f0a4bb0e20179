"""A simulated hospital whose PACS cuts, aborts and leaves out: what is announced is the truth, or its gap is listed."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from radquarry.dicom.association import open_association
from radquarry.dicom.echo import VERIFICATION
from radquarry.dicom.peer import Peer
from radquarry.hospital.faults import FaultSettings, PacsFaults
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.queries import faulty
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import CrawlCompleted, Gap, StudyFound, WindowClosed
from tests.finder.rig import Rig, finder_at

MONDAY = date(2025, 6, 2)
WHOLE_DAY = ("00:00:00", "23:59:59")


@dataclass(frozen=True)
class TrueStudy:
    """A study as it lies in the PACS; `at` is "" where it has no time."""

    uid: str
    day: str
    at: str
    patient_id: str
    accession_number: str


def archive_of(studies: int, limit: int, status: str = "0000", **settings: object) -> HospitalSettings:
    """A Sunday and a Monday, crowded into a few seconds, some without time, in a PACS with faults."""
    faults = PacsFaults.model_validate(
        {
            "answer_limit": limit,
            "answer_limit_status": status,
            "timeless_share": 0.1,
            "modalities_in_study": False,
            "abort_association_every": 17,
        }
    )
    crowd = {"same_second_share": 0.3, **settings}
    days = {"end_date": MONDAY, "days": 2, "samples": False}
    return HospitalSettings.model_validate(
        {"studies": studies, **days, **crowd, "faults": FaultSettings(pacs=faults)},
    )


def truth(hospital: Hospital) -> list[TrueStudy]:
    """Every study of the Monday, by the hospital's own books."""
    held = (faulty(study.record, hospital.faults.pacs) for study in hospital.holdings.between(MONDAY, MONDAY))
    keys = ("StudyInstanceUID", "StudyDate", "StudyTime", "PatientID", "AccessionNumber")
    return [TrueStudy(*(str(record[key]) for key in keys)) for record in held]


def announced(rig: Rig) -> list[TrueStudy]:
    """Every study the finder announced, as often as it did."""
    return [
        TrueStudy(
            study.study_instance_uid,
            study.study_date.strftime("%Y%m%d") if study.study_date else "",
            study.study_time.strftime("%H%M%S.%f").removesuffix(".000000") if study.study_time else "",
            study.patient_id,
            study.accession_number,
        )
        for study in (found.study for found in rig.all(StudyFound))
    ]


def in_no_gap(missing: Iterable[TrueStudy], gaps: Iterable[Gap]) -> list[TrueStudy]:
    """Missing studies that nobody was warned of; one without a time is only warned of by a gap of the whole day."""
    spans = [(gap.begin, gap.end) for gap in gaps]
    return [
        study
        for study in missing
        if not any(span == WHOLE_DAY or (study.at and span[0] <= clock_of(study) <= span[1]) for span in spans)
    ]


def clock_of(study: TrueStudy) -> str:
    return f"{study.at[:2]}:{study.at[2:4]}:{study.at[4:6]}"


def silently_missing(hospital: Hospital, rig: Rig) -> list[TrueStudy]:
    gaps = [gap for closed in rig.all(WindowClosed) for gap in closed.gaps]
    return in_no_gap(set(truth(hospital)) - set(announced(rig)), gaps)


@asynccontextmanager
async def crawled(
    settings: HospitalSettings, folder: Path, seconds: float, **pacs: object
) -> AsyncIterator[tuple[Hospital, Rig]]:
    """The Monday crawled to its end; our first association is the seventeenth of this PACS."""
    with Hospital(settings) as hospital:
        peer = Peer("main", hospital.pacs.ae_title, hospital.pacs.host, hospital.pacs.port, "RADQUARRY")
        for _ in range(16):
            async with open_association(peer, (VERIFICATION,)):
                pass
        async with finder_at(folder, peer, timeout_seconds=60, **pacs) as rig:
            crawl_id = await rig.order(MONDAY)
            await rig.until(lambda: rig.all(CrawlCompleted, crawl_id=crawl_id) or rig.parked, seconds)
            assert not rig.parked
            expected = rig.all(CrawlCompleted, crawl_id=crawl_id)[0].studies_found
            await rig.until(lambda: len(rig.uids) >= expected and rig.all(WindowClosed), seconds)
        assert "aborted" in {entry.outcome for entry in hospital.traffic.entries("c-find")}
        yield hospital, rig


SIZES = [
    pytest.param(50, 130, 60, "0000", marks=pytest.mark.slow),
    pytest.param(50, 130, 60, "FE00", marks=pytest.mark.slow),
    pytest.param(200, 420, 230, "0000", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("limit", "studies", "per_second", "status"), SIZES)
async def test_behind_a_limit_every_study_is_announced_once_as_it_is(
    limit: int, studies: int, per_second: int, status: str, tmp_path: Path
) -> None:
    settings = archive_of(studies, limit, status, studies_per_second=per_second)
    async with crawled(settings, tmp_path, 110) as (hospital, rig):
        held = truth(hospital)
        assert len(held) > limit
        assert max(Counter(study.at[:6] for study in held if study.at).values()) > 0.8 * per_second
        assert any(not study.at for study in held)
        assert sorted(announced(rig), key=repr) == sorted(held, key=repr)
        assert rig.gaps == []
        assert rig.all(CrawlCompleted)[0].studies_found == len(held)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_day_of_more_than_five_thousand_studies_behind_that_limit_is_announced_whole(tmp_path: Path) -> None:
    """From a PACS that answers at no level below studies: 5,000 questions for series would prove nothing about it."""
    pacs = {"levels": ("PATIENT", "STUDY", "IMAGE")}
    settings = archive_of(6200, 5000, studies_per_second=600, pacs=pacs)
    async with crawled(settings, tmp_path, 850) as (hospital, rig):
        held = truth(hospital)
        assert len(held) > 5000
        assert sorted(announced(rig), key=repr) == sorted(held, key=repr)
        assert all(gap.startswith("the series of studies are not listed") for gap in rig.gaps)
        assert max(entry.answers for entry in hospital.traffic.entries("c-find")) == 5000


@pytest.mark.parametrize("status", ["0000", "B001", "A700"])
async def test_one_answer_at_once_is_never_called_complete_and_what_is_missing_is_in_a_gap(
    status: str, tmp_path: Path
) -> None:
    settings = archive_of(8, 1, status, studies_per_second=3)
    async with crawled(settings, tmp_path, 100) as (hospital, rig):
        assert len(truth(hospital)) > 3
        assert silently_missing(hospital, rig) == []
        assert set(announced(rig)) <= set(truth(hospital))
        assert len(set(rig.uids)) == len(rig.uids)
        assert rig.gaps
        assert rig.all(CrawlCompleted)[0].windows_with_gaps == 1


async def test_whoever_is_told_a_limit_that_is_too_high_loses_studies_and_this_test_would_see_it(
    tmp_path: Path,
) -> None:
    """The comparison above can fail: a finder that believes every answer is caught by it."""
    settings = archive_of(70, 40)
    async with crawled(settings, tmp_path, 100, find_limit=1_000_000) as (hospital, rig):
        assert rig.gaps == []
        assert silently_missing(hospital, rig)


def test_a_gap_explains_only_what_lies_in_it() -> None:
    early, late, timeless = (TrueStudy(at or "x", "20250602", at, "", "") for at in ("080000", "200000.5", ""))
    morning = Gap(begin="08:00:00", end="12:00:00", reason="cut")
    whole = Gap(begin=WHOLE_DAY[0], end=WHOLE_DAY[1], reason="cut")

    assert in_no_gap([early, late, timeless], [morning]) == [late, timeless]
    assert in_no_gap([early, late, timeless], [whole]) == []
    assert in_no_gap([early], []) == [early]
