import threading

import pytest
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom.status import QR_FIND_SERVICE_CLASS_STATUS, STATUS_PENDING, STATUS_SUCCESS

from radquarry.dicom.association import in_thread, open_association
from radquarry.dicom.finding import STUDY_ROOT, Answers, Question, Verdict, find, find_each, verdict
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.rows import Malformed, Row
from tests.finder.answering import answering, study_row


def a_question() -> Question[str]:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "STUDY"
    identifier.StudyInstanceUID = ""
    return Question(identifier, lambda row: row.uid("StudyInstanceUID"))


async def asked(peer: Peer) -> Answers[str]:
    async with open_association(peer, [STUDY_ROOT]) as association:
        return await in_thread(association, lambda: find(association, a_question()))


async def test_rows_until_success_are_a_whole_answer():
    def on_find(event):
        for number in range(3):
            yield 0xFF00, study_row(number)

    with answering(on_find) as peer:
        answers = await asked(peer)
    assert answers == Answers(("1.2.3.0", "1.2.3.1", "1.2.3.2"), 3, {}, "")


async def test_rows_with_a_warning_about_optional_keys_count():
    def on_find(event):
        yield 0xFF01, study_row(1)

    with answering(on_find) as peer:
        assert (await asked(peer)).items == ("1.2.3.1",)


@pytest.mark.parametrize("status", [0xFE00, 0xB001, 0xA700, 0xC000, 0xC123, 0x0110, 0xB123])
async def test_any_other_end_is_a_cut_that_names_the_status(status):
    def on_find(event):
        yield 0xFF00, study_row(1)
        yield status, None

    with answering(on_find) as peer:
        answers = await asked(peer)
    assert answers.items == ("1.2.3.1",)
    assert f"{status:#06x}" in answers.cut


async def test_a_question_the_pacs_does_not_understand_is_refused():
    def on_find(event):
        yield 0xA900, None

    with answering(on_find) as peer, pytest.raises(PacsRefuses, match="0xa900"):
        await asked(peer)


async def test_an_abort_after_some_rows_is_a_cut():
    def on_find(event):
        yield 0xFF00, study_row(1)
        yield 0xFF00, study_row(2)
        event.assoc.abort()

    with answering(on_find) as peer:
        answers = await asked(peer)
    assert answers.received == 2
    assert "ended" in answers.cut


async def test_an_abort_before_any_row_is_a_pacs_that_is_away():
    def on_find(event):
        event.assoc.abort()
        yield 0xFF00, study_row(1)

    with answering(on_find) as peer, pytest.raises(PacsAway):
        await asked(peer)


async def test_a_silent_pacs_is_given_up_after_its_time_out():
    release = threading.Event()

    def on_find(event):
        release.wait(10)
        yield 0x0000, None

    with answering(on_find) as peer:
        impatient = Peer("main", "PACS", peer.host, peer.port, "RADQUARRY", timeout_seconds=0.3)
        with pytest.raises(PacsAway):
            await asked(impatient)
        release.set()


async def test_one_malformed_row_leaves_the_others():
    def on_find(event):
        yield 0xFF00, study_row(1)
        hostile = study_row(2)
        hostile.add_new("StudyInstanceUID", "LO", "../../etc/passwd")
        yield 0xFF00, hostile
        yield 0xFF00, study_row(3)

    with answering(on_find) as peer:
        answers = await asked(peer)
    assert answers.items == ("1.2.3.1", "1.2.3.3")
    assert answers.received == 3
    assert answers.malformed == {"StudyInstanceUID is not a UID (16 characters)": 1}


async def test_many_questions_go_over_one_association():
    seen = []

    def on_find(event):
        seen.append(event.assoc)
        yield 0xFF00, study_row(len(seen))

    with answering(on_find) as peer:
        async with open_association(peer, [STUDY_ROOT]) as association:
            questions = [a_question()] * 20
            answers = await in_thread(association, lambda: list(find_each(association, questions)))
    assert [each.items[0] for each in answers] == [f"1.2.3.{number}" for number in range(1, 21)]
    assert len(set(seen)) == 1


def test_every_status_pynetdicom_knows_has_a_verdict():
    for status, (category, _text) in QR_FIND_SERVICE_CLASS_STATUS.items():
        if category == STATUS_PENDING:
            assert verdict(status) is Verdict.PENDING
        elif category == STATUS_SUCCESS:
            assert verdict(status) is Verdict.COMPLETE
        else:
            assert verdict(status) in (Verdict.CUT, Verdict.REFUSED)


def test_only_one_status_of_all_is_complete():
    assert [status for status in range(0x10000) if verdict(status) is Verdict.COMPLETE] == [0x0000]


def test_a_row_that_is_no_data_set_is_malformed_not_a_fault():
    for identifier in (b"", b"\x08", b"\x08\x00\x05\x00\xff\xff\xff\xff", b"\x08\x00\x05\x00\x10\x00\x00\x00ab"):
        try:
            row = Row.parsed(identifier, ImplicitVRLittleEndian, "ISO_IR 100")
        except Malformed:
            continue
        assert isinstance(row.text("PatientID"), str)
