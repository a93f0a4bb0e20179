"""Each fault of the PACS in its associations, finds and moves, as a peer meets it."""

import threading
from typing import Any

import pytest

from .conftest import PLAIN_KINDS, OpenHospital
from .faulty_pacs import DAY, a_study, switched, uids_of
from .peer import STUDY_FIND, associate, identifier, peer, receiver


@pytest.mark.parametrize("status", ["0000", "FE00", "B001", "A700"])
def test_an_answer_limit_cuts_with_the_status_of_that_pacs(open_hospital: OpenHospital, status: str) -> None:
    hospital = switched(open_hospital, answer_limit=4, answer_limit_status=status)
    with peer(hospital.pacs) as scu:
        for _ in range(2):
            rows, final = scu.find("STUDY", **DAY)
            assert (len(rows), final) == (4, int(status, 16))


def test_as_many_answers_as_the_limit_are_not_cut(open_hospital: OpenHospital) -> None:
    hospital = open_hospital()
    count = len(uids_of(hospital))
    hospital.faults.switch({"pacs": {"answer_limit": count, "answer_limit_status": "A700"}})
    with peer(hospital.pacs) as scu:
        rows, final = scu.find("STUDY", **DAY)

    assert (len(rows), final) == (count, 0x0000)


def test_associations_beyond_the_limit_are_refused_as_transient(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, max_associations=1)
    with peer(hospital.pacs):
        refused = associate(hospital.pacs)
        assert refused.is_rejected
        rejection = refused.acceptor.primitive
        assert (rejection.result, rejection.result_source, rejection.diagnostic) == (0x02, 0x03, 0x02)
    hospital.traffic.wait_for(lambda traffic: bool(traffic.entries("refused")))


def test_every_second_association_is_aborted(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, abort_association_every=2)
    with peer(hospital.pacs) as first:
        assert first.find("STUDY", **DAY)[1] == 0x0000
    with peer(hospital.pacs) as second:
        rows, final = second.find("STUDY", **DAY)
        assert final == -1
        assert len(rows) <= 1
    with peer(hospital.pacs) as third:
        assert third.find("STUDY", **DAY)[1] == 0x0000


def test_every_second_move_is_aborted_half_way(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, abort_move_every=2)
    uid = a_study(hospital)
    expected = hospital.truth.sop_instance_uids(uid)
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        assert scu.move("STUDY", StudyInstanceUID=uid).Status == 0x0000
        assert set(kept.files) == expected
        kept.files.clear()
        assert "Status" not in scu.move("STUDY", StudyInstanceUID=uid)
        assert 0 < len(kept.files) < len(expected)


def test_every_second_find_fails(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, fail_find_every=2)
    with peer(hospital.pacs) as scu:
        statuses = [scu.find("STUDY", **DAY)[1] for _ in range(4)]

    assert statuses == [0x0000, 0xC001, 0x0000, 0xC001]


def test_slow_answers_take_their_time(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, answer_delay_ms=30, association_delay_ms=100)
    with peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", **DAY)
    (find,) = hospital.traffic.entries("c-find")

    assert find.ended is not None
    assert find.ended - find.at >= 0.03 * len(rows)


@pytest.mark.parametrize("asks", [1, 2])
def test_lost_instances_come_at_a_later_request(open_hospital: OpenHospital, asks: int) -> None:
    hospital = switched(open_hospital, lost_instances=3, lost_asks=asks)
    uid = a_study(hospital)
    expected = hospital.truth.sop_instance_uids(uid)
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        for _ in range(asks):
            assert scu.move("STUDY", StudyInstanceUID=uid).Status == 0x0000
            missing = expected - set(kept.files)
            assert len(missing) == 3
        keys = {"StudyInstanceUID": uid, "SeriesInstanceUID": [one.rpartition(".")[0] for one in missing]}
        scu.move("IMAGE", **keys, SOPInstanceUID=sorted(missing))
        assert set(kept.files) == expected


def test_a_nearline_study_answers_success_with_nothing_at_first(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, nearline_share=1, nearline_asks=2)
    uid = a_study(hospital)
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        rows, _ = scu.find("STUDY", StudyInstanceUID=uid, InstanceAvailability=None)
        assert rows[0].InstanceAvailability == "NEARLINE"
        for _ in range(2):
            final = scu.move("STUDY", StudyInstanceUID=uid)
            assert (final.Status, final.NumberOfCompletedSuboperations, kept.received) == (0x0000, 0, [])
        scu.move("STUDY", StudyInstanceUID=uid)
        assert set(kept.files) == hospital.truth.sop_instance_uids(uid)


def test_destinations_can_be_forgotten(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, unknown_destinations=True)
    with receiver(hospital, PLAIN_KINDS), peer(hospital.pacs) as scu:
        assert scu.move("STUDY", StudyInstanceUID=a_study(hospital)).Status == 0xA801


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")  # pynetdicom warns of it, and sends it
def test_a_hostile_instance_comes_along(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, hostile_instances=True)
    uid = a_study(hospital)
    with receiver(hospital, PLAIN_KINDS) as kept, peer(hospital.pacs) as scu:
        scu.move("STUDY", StudyInstanceUID=uid)

    assert set(kept.files) - hospital.truth.sop_instance_uids(uid) == {"../../../../tmp/radquarry-hostile"}


def test_faults_are_switched_while_an_association_is_open(open_hospital: OpenHospital) -> None:
    hospital = open_hospital()
    with peer(hospital.pacs) as scu:
        assert len(scu.find("STUDY", **DAY)[0]) > 2
        hospital.faults.switch({"pacs": {"answer_limit": 2}})
        assert len(scu.find("STUDY", **DAY)[0]) == 2
        hospital.faults.reset()
        assert len(scu.find("STUDY", **DAY)[0]) > 2


def test_wrong_ae_titles_are_refused_when_the_pacs_checks_them(open_hospital: OpenHospital) -> None:
    strict = open_hospital(pacs={"calling_ae_titles": ["SOMEBODY"]})

    assert associate(strict.pacs).is_rejected


def test_the_traffic_knows_how_many_associations_were_open_at_once(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, answer_delay_ms=20)
    both = threading.Barrier(2)

    def ask() -> None:
        with peer(hospital.pacs) as scu:
            both.wait(timeout=10)
            scu.find("STUDY", **DAY)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert hospital.traffic.most_parallel() == 2
    assert hospital.traffic.most_parallel("c-find") == 2


def test_a_cancelled_find_ends_with_fe00_or_goes_on_regardless(open_hospital: OpenHospital) -> None:
    hospital = switched(open_hospital, answer_delay_ms=10)
    statuses = {}
    for ignored in (False, True):
        hospital.faults.switch({"pacs": {"ignore_cancel": ignored}})
        with peer(hospital.pacs) as scu:
            statuses[ignored] = cancelled_find(scu.association)

    assert statuses == {False: 0xFE00, True: 0x0000}


def cancelled_find(association: Any) -> int:
    responses = association.send_c_find(identifier("STUDY", StudyDate="20250501-20250520"), STUDY_FIND)
    next(responses)
    association.send_c_cancel(1, query_model=STUDY_FIND)
    return int(list(responses)[-1][0].Status)
