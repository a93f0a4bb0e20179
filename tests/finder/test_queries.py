"""C-FIND identifiers as people write them: what is asked, what comes back, what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydicom import Dataset

from radquarry.dicom.peer import PacsAway
from radquarry.finder.answers import Answered
from radquarry.finder.lines import Lines
from radquarry.finder.matching import fits, matches
from radquarry.finder.pacs import DicomPacs
from radquarry.finder.probing import Access
from radquarry.finder.queries import QueryRefused, checked
from tests.finder.answering import FindHandler, answering, study_row
from tests.finder.shelf_pacs import UNCLOSED
from tests.finder.test_lines import Slots

MARCH = {"QueryRetrieveLevel": "STUDY", "StudyDate": "20230301-20230331", "ModalitiesInStudy": "", "PatientName": "*"}


@asynccontextmanager
async def pacs(on_find: FindHandler, limit: int | None = None) -> AsyncIterator[DicomPacs]:
    with answering(on_find) as peer:
        slots = Slots()
        async with Lines(peer, slots) as lines:
            yield DicomPacs(Access(peer, lines, slots, 1), "ISO_IR 144", limit)


async def answers(on_find: FindHandler, query: dict[str, str], limit: int | None = None, **fields) -> Answered:
    async with pacs(on_find, limit) as archive, asyncio.timeout(30):
        return await archive.answers(query, **fields)


async def test_every_keyword_is_asked_for_and_comes_back_decoded_and_trimmed():
    asked: list[Dataset] = []

    def on_find(event):
        asked.append(event.identifier)
        row = study_row(1, StudyDate="20230302", ModalitiesInStudy=["CT", "SR"], SpecificCharacterSet="")
        row.add_new("PatientName", "UN", "Иванов^Иван ".encode("iso8859_5"))
        row.PatientID = "not asked for"
        yield 0xFF00, row

    answered = await answers(on_find, MARCH)
    assert answered.rows == (
        {"StudyDate": "20230302", "ModalitiesInStudy": ["CT", "SR"], "PatientName": "Иванов^Иван"},
    )
    assert (answered.cut, answered.queries) == ("", 1)
    assert (asked[0].StudyDate, asked[0].PatientName, asked[0].QueryRetrieveLevel) == ("20230301-20230331", "", "STUDY")
    assert asked[0].SpecificCharacterSet == "ISO_IR 192"


async def test_binary_numbers_are_digits_and_absent_values_are_empty():
    def on_find(event):
        row = Dataset()
        row.SOPInstanceUID, row.Rows = "1.2.3", 512
        yield 0xFF00, row

    query = {"QueryRetrieveLevel": "IMAGE", "SeriesInstanceUID": "1.2", "SOPInstanceUID": "", "Rows": "", "Columns": ""}
    (row,) = (await answers(on_find, query)).rows
    assert row == {"SeriesInstanceUID": "", "SOPInstanceUID": "1.2.3", "Rows": "512", "Columns": ""}


async def test_patients_are_asked_for_in_the_patient_root():
    models: list[str] = []

    def on_find(event):
        models.append(event.context.abstract_syntax.name)
        row = Dataset()
        row.PatientID = "P00017"
        yield 0xFF00, row

    query = {"QueryRetrieveLevel": "PATIENT", "PatientID": "P0001*"}
    assert (await answers(on_find, query)).rows == ({"PatientID": "P00017"},)
    await answers(on_find, {**query, "QueryRetrieveLevel": "STUDY"})
    await answers(on_find, {**query, "QueryRetrieveLevel": "STUDY"}, model="patient-root")
    assert [name.split(" ")[0] for name in models] == ["Patient", "Study", "Patient"]


async def test_rows_that_contradict_the_query_are_left_out_and_counted():
    def on_find(event):
        for number, day in enumerate(("20230302", "20230402", "", "20220331")):
            yield 0xFF00, study_row(number, StudyDate=day)

    answered = await answers(on_find, MARCH)
    assert [row["StudyDate"] for row in answered.rows] == ["20230302", ""]
    assert answered.received == 4
    assert answered.is_ignored


@pytest.mark.parametrize("status", [0xFE00, 0xA700, 0xC001, 0xB001])
async def test_an_answer_that_ends_badly_is_cut(status):
    def on_find(event):
        yield 0xFF00, study_row(1)
        yield status, None

    answered = await answers(on_find, MARCH)
    assert f"{status:#06x}" in answered.cut
    assert len(answered.rows) == 1


async def test_as_many_answers_as_the_pacs_gives_are_cut():
    def on_find(event):
        for number in range(5):
            yield 0xFF00, study_row(number)

    assert (await answers(on_find, MARCH, limit=5)).cut == "the PACS gives 5 answers at once"
    assert (await answers(on_find, MARCH, limit=6)).cut == ""


async def test_a_question_that_always_ends_the_association_is_cut_and_not_asked_for_ever():
    asked = []

    def on_find(event):
        asked.append(event)
        event.assoc.abort()
        yield from ()

    answered = await answers(on_find, MARCH)
    assert answered.is_lost
    assert "association ended" in answered.cut
    assert len(asked) == answered.queries == 2


@UNCLOSED
async def test_a_pacs_that_is_away_is_away():
    with answering(lambda _event: iter(())) as gone:
        pass
    slots = Slots()
    async with Lines(gone, slots) as lines:
        with pytest.raises(PacsAway):
            await DicomPacs(Access(gone, lines, slots, 1), "ISO_IR 100", None).answers(MARCH)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"QueryRetrieveLevel": "STUDY", "PatientNme": "SECRET"}, "'PatientNme' is no DICOM keyword"),
        ({"PatientID": "SECRET"}, "QueryRetrieveLevel is one of"),
        ({"QueryRetrieveLevel": "SECRET", "PatientID": "1"}, "QueryRetrieveLevel is one of"),
        ({"QueryRetrieveLevel": "STUDY", "StudyDate": "2023*"}, "StudyDate takes no wildcards"),
        ({"QueryRetrieveLevel": "STUDY", "StudyDate": "20231301"}, "StudyDate is a day as YYYYMMDD"),
        ({"QueryRetrieveLevel": "STUDY", "StudyTime": "SECRET"}, "StudyTime is a time"),
        ({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.*"}, "StudyInstanceUID takes no wildcards"),
        ({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "SECRET"}, "StudyInstanceUID is no UID"),
        ({"QueryRetrieveLevel": "STUDY", "AccessionNumber": ""}, "asks for all the PACS holds"),
        ({"QueryRetrieveLevel": "STUDY", "AccessionNumber": " ** "}, "asks for all the PACS holds"),
        ({"QueryRetrieveLevel": "STUDY"}, "asks for all the PACS holds"),
        ({"QueryRetrieveLevel": "STUDY", "RequestAttributesSequence": "1"}, "cannot be a key"),
        ({"QueryRetrieveLevel": "IMAGE", "PixelData": "1"}, "cannot be a key"),
        ({"QueryRetrieveLevel": "STUDY", "PatientID": "SEC\nRET"}, "control characters"),
        ({"QueryRetrieveLevel": "STUDY", "PatientID": "1" * 5000}, "too long"),
        ({"QueryRetrieveLevel": "SERIES", "SeriesNumber": "SECRET"}, "not of its type"),
        ({"QueryRetrieveLevel": "IMAGE", "Rows": "SECRET"}, "not of its type"),
        ({"QueryRetrieveLevel": "STUDY", "PatientID": "Ж", "SpecificCharacterSet": "ISO_IR 100"}, "cannot be written"),
        ({"QueryRetrieveLevel": "STUDY", "PatientID": "1", "SpecificCharacterSet": "SECRET"}, "defined term"),
    ],
)
def test_a_query_that_cannot_be_is_refused_in_words_without_its_values(query, words):
    with pytest.raises(QueryRefused, match="(?i)" + words.replace("*", r"\*")) as refused:
        checked(query)
    assert "SECRET" not in str(refused.value)


def test_the_study_root_has_no_patients():
    with pytest.raises(QueryRefused, match="use the patient root"):
        checked({"QueryRetrieveLevel": "PATIENT", "PatientID": "1"}, "study-root")


@pytest.mark.parametrize("value", ["20230101-", "-20230101", "20230101", "20230101-20230131", " 20230101 "])
def test_dates_and_ranges_are_taken_as_they_are(value):
    assert checked({"QueryRetrieveLevel": "STUDY", "StudyDate": value}).keys == {"StudyDate": value.strip()}


@pytest.mark.parametrize(
    ("values", "key", "vr", "is_so"),
    [
        (["20230115"], "20230101-20230131", "DA", True),
        (["20230201"], "20230101-20230131", "DA", False),
        (["20230201"], "20230101-", "DA", True),
        (["20221231"], "20230101-", "DA", False),
        (["2023.01.15"], "20230115", "DA", True),
        (["1030"], "103000-104500", "TM", True),
        (["104500.123"], "103000-104500", "TM", True),
        (["104501"], "103000-104500", "TM", False),
        (["CT", "SR"], "SR", "CS", True),
        (["CT", "SR"], "MR\\SR", "CS", True),
        (["CT"], "MR", "CS", False),
        (["MÜLLER^ANNA"], "muller^a*", "PN", True),
        (["Yamada^Tarou=山田^太郎"], "山田*", "PN", True),
        (["Skull [left]"], "*[left]", "LO", True),
        (["Skull l"], "*[left]", "LO", False),
        (["0012"], "12", "IS", True),
        (["1.2.3"], "1.2.4\\1.2.3", "UI", True),
        ([], "CT", "CS", True),
        (["CT"], "*", "CS", True),
    ],
)
def test_matching_is_dicoms_and_mild(values, key, vr, is_so):
    assert matches(values, key, vr) is is_so


def test_many_stars_take_no_time():
    assert not fits("a" * 1000, "*a" * 300 + "b")
