"""Earlier studies of the same patient by rule, single instances, and choices that a PACS cannot answer."""

import asyncio
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from radquarry.configuration.sections import Node
from radquarry.dicom.moving import MoveEnd, MoveOrder
from radquarry.messages import PriorsChoice, RetrievalRequested, SeriesChoice, WantedStudy
from radquarry.mover.port import InstanceRow, Listed, SeriesRow, StudyRow
from radquarry.mover.priors import priors
from tests.mover.retrieving import small_hospital, ward
from tests.mover.test_real_servers import PEERS, fill, retrieving
from tests.servers import addresses


class OnePatient:
    """A PACS of one patient's studies: (row, body parts of its series)."""

    def __init__(self, *studies: tuple[StudyRow, tuple[str, ...]], cut: str = "") -> None:
        self._studies = {row.study_instance_uid: (row, parts) for row, parts in studies}
        self._cut = cut

    async def study(self, study_instance_uid: str) -> StudyRow | None:
        row, _ = self._studies.get(study_instance_uid, (None, ()))
        return row

    async def studies_of(self, patient_id: str) -> Listed[StudyRow]:
        return Listed(tuple(row for row, _ in self._studies.values()), self._cut)

    async def series(self, study_instance_uid: str) -> Listed[SeriesRow]:
        _, parts = self._studies[study_instance_uid]
        return Listed(tuple(SeriesRow(f"{study_instance_uid}.{part}", body_part_examined=part) for part in parts))

    async def instances(
        self, study_instance_uid: str, series_instance_uid: str, *, geometry: bool = False
    ) -> Listed[InstanceRow]:
        raise AssertionError("no image is looked at")

    async def move(self, order: MoveOrder, heard: object) -> MoveEnd:
        raise AssertionError("nobody ordered a move")

    async def give_up(self) -> None:
        raise AssertionError("nobody ordered a move")

    async def address(self) -> str:
        return "127.0.0.1"


def study(uid: str, day: date | None, *modalities: str, patient: str = "P1") -> StudyRow:
    return StudyRow(uid, patient, day, None, modalities or ("CT",))


NOW = (study("1.9", date(2025, 5, 31)), ("CHEST", "ABDOMEN"))
HISTORY = (
    NOW,
    (study("1.8", date(2025, 3, 1)), ("HEAD",)),
    (study("1.7", date(2025, 2, 28), "MR"), ("ABDOMEN",)),
    (study("1.6", date(2024, 1, 1)), ("CHEST",)),
    (study("2.0", date(2025, 6, 1)), ("CHEST",)),
)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, ["1.8", "1.7", "1.6"]),
        ({"newest": 1}, ["1.8"]),
        ({"same_modality": True}, ["1.8", "1.6"]),
        ({"same_body_part": True}, ["1.7", "1.6"]),
        ({"same_body_part": True, "newest": 1}, ["1.7"]),
        ({"within_months": 3}, ["1.8", "1.7"]),
        ({"within_months": 2}, []),
        ({"within_months": 12, "same_modality": True, "same_body_part": True}, []),
    ],
)
async def test_priors_are_found_by_rule(rule: dict[str, object], found: list[str]) -> None:
    listed = await priors(OnePatient(*HISTORY), "1.9", PriorsChoice.model_validate(rule))

    assert (list(listed.rows), listed.cut) == (found, "")


@pytest.mark.parametrize(
    ("own", "what"),
    [
        (study("1.9", date(2025, 5, 31), patient=""), "patient id"),
        (study("1.9", date(2025, 5, 31), patient="*"), "patient id"),
        (study("1.9", None), "date"),
    ],
)
async def test_what_the_pacs_does_not_tell_is_said(own: StudyRow, what: str) -> None:
    listed = await priors(OnePatient((own, ())), "1.9", PriorsChoice())

    assert listed.rows == ()
    assert what in listed.cut


async def test_a_list_of_studies_that_was_cut_is_not_the_whole_history() -> None:
    listed = await priors(OnePatient(*HISTORY, cut="the PACS gave 5 rows"), "1.9", PriorsChoice())

    assert listed.cut == "the PACS gave 5 rows"


async def test_a_study_is_fetched_with_its_two_newest_priors(tmp_path: Path) -> None:
    async with ward(small_hospital(studies=300), tmp_path) as it:
        truth = it.hospital.truth
        by_patient: dict[str, list[str]] = {}
        for one in truth.studies(truth.start_date, truth.end_date):
            by_patient.setdefault(one.patient_id, []).append(one.study_instance_uid)
        history = next(uids for uids in by_patient.values() if len(uids) >= 4)

        end = await it.heard.end(await it.order(history[-1], priors=PriorsChoice(newest=2)))

        assert end.state == "complete"
        assert it.files() == sorted(it.instances(*history[-3:]))
        assert {one.study_instance_uid for one in it.heard.progress if one.state == "complete"} == set(history[-3:])


async def test_only_the_named_instances_come(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        uid = max(it.uids, key=lambda one: len(it.instances(one)))
        named = tuple(sorted(it.instances(uid))[:3])

        wanted = WantedStudy(study_instance_uid=uid, pacs="main", sop_instance_uids=named)
        end = await it.heard.end(await it.order_of(wanted))

        assert (end.state, end.expected, end.received) == ("complete", 3, 3)
        assert it.files() == list(named)
        assert {one.sop_instance_uid for one in it.heard.of(uid)[-1].instances} == set(named)


async def test_a_named_instance_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        uid = it.uids[0]
        named = (min(it.instances(uid)), "1.2.3")

        wanted = WantedStudy(study_instance_uid=uid, pacs="main", sop_instance_uids=named)
        end = await it.heard.end(await it.order_of(wanted))

        assert (end.state, it.files()) == ("incomplete", [named[0]])
        assert "1 of the 2 ordered instances" in it.heard.of(uid)[-1].problem


async def test_a_pacs_that_tells_no_geometry_is_asked_for_no_image(tmp_path: Path) -> None:
    async with ward(small_hospital(withheld_keys=("ImageOrientationPatient",)), tmp_path) as it:
        uid = max(it.uids, key=lambda one: len(it.instances(one)))

        end = await it.heard.end(await it.order(uid, series=SeriesChoice(thinnest_axial=True)))

        assert (end.state, it.files()) == ("incomplete", [])
        assert "does not tell the orientation of any image" in it.heard.of(uid)[-1].problem


@pytest.mark.servers
async def test_orthanc_tells_the_thinnest_axial_series_and_dcmqrscp_does_not(tmp_path: Path) -> None:
    addresses.need("orthanc", "dcmqrscp")
    ends = {}
    for name in PEERS:
        peer = PEERS[name]()
        uid, instances = await asyncio.to_thread(fill, peer, "", (5, 1.25))
        with addresses.spare_destination() as destination:
            node = Node(ae_title=destination.ae_title, host=destination.host, port=destination.port)
            folder = tmp_path / name
            folder.mkdir()
            async with retrieving(peer, node, folder) as (heard, order):
                wanted = (WantedStudy(study_instance_uid=uid, pacs="main"),)
                choice = SeriesChoice(thinnest_axial=True)
                request = RetrievalRequested(retrieval_id=uuid4(), studies=wanted, series=choice)
                await order.publish(request)
                await heard.end(request.retrieval_id)
                files = {file.stem for file in folder.glob("archive/*/*/*.dcm")}
                ends[name] = (heard.of(uid)[-1].problem, files == set(instances[3:]), bool(files))

    assert ends["orthanc"] == ("", True, True)
    assert ends["dcmqrscp"][1:] == (False, False)
    assert "does not tell the orientation" in ends["dcmqrscp"][0]
