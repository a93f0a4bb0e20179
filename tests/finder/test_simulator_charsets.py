"""Names in every character set of pydicom's test files, over a real C-FIND, named by the PACS and not."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_charset_files
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pynetdicom import evt
from pynetdicom.dsutils import encode

from radquarry.messages import CrawlCompleted, StudyFound
from tests.finder.answering import answering
from tests.finder.rig import finder_of, section_of
from tests.finder.shelves import DAY

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@dataclass(frozen=True)
class Name:
    """One person's name of a file: its bytes, the character set they are in, and pydicom's reading of them."""

    file: str
    charset: str
    raw: bytes
    reading: str


def names() -> list[Name]:
    """Every name of every file, also of those in sequences, whose items may have a character set of their own."""
    found = [
        name
        for path in sorted(get_charset_files("*.dcm"))
        for name in _names_of(dcmread(path), path.rpartition("/")[2], "")
    ]
    return list(dict.fromkeys(found))


def _names_of(data_set: Dataset, file: str, inherited: str) -> Iterator[Name]:
    own = data_set.get("SpecificCharacterSet")
    charset = inherited if own is None else own if isinstance(own, str) else "\\".join(own)
    for element in data_set:
        if element.VR == "SQ":
            for item in element.value:
                yield from _names_of(item, file, charset)
        elif element.VR == "PN" and element.VM == 1:
            yield Name(file, charset, element.value.original_string, str(element.value))


NAMES = names()
CHARSETS = sorted({name.charset for name in NAMES})


class Answering:
    """A PACS whose studies are of persons with these names, in their own bytes; `names_charset` or not."""

    def __init__(self, persons: list[Name], *, names_charset: bool) -> None:
        self._persons = persons
        self._names_charset = names_charset

    def on_find(self, event: evt.Event) -> Iterator[tuple[Any, Dataset | None]]:
        question = event.identifier
        if question.QueryRetrieveLevel == "SERIES":
            yield 0xFF00, _row({"QueryRetrieveLevel": b"SERIES", "SeriesInstanceUID": b"1.2.4", "Modality": b"OT"})
            return
        if str(question.StudyDate) != f"{DAY:%Y%m%d}" or question.StudyTime:
            return
        for number, person in enumerate(self._persons):
            values = {
                "QueryRetrieveLevel": b"STUDY",
                "StudyDate": f"{DAY:%Y%m%d}".encode(),
                "StudyInstanceUID": uid_of(number).encode(),
                "PatientName": person.raw,
                "ReferringPhysicianName": person.raw,
            }
            if self._names_charset:
                values["SpecificCharacterSet"] = person.charset.encode()
            yield 0xFF00, _row(values)


def _row(values: dict[str, bytes]) -> Dataset:
    """Values that nobody decodes or encodes on their way."""
    padded = {Tag(keyword): value + b" " * (len(value) % 2) for keyword, value in values.items()}
    vrs = {"StudyInstanceUID": "UI", "SeriesInstanceUID": "UI", "StudyDate": "DA"}
    kinds = {Tag(keyword): vrs.get(keyword, "PN" if "Name" in keyword else "CS") for keyword in values}
    elements = {
        tag: RawDataElement(tag, kinds[tag], len(value), value, 0, is_implicit_VR=True, is_little_endian=True)
        for tag, value in sorted(padded.items())
    }
    row = Dataset(elements)
    row.set_original_encoding(True, True, row._character_set)  # else pydicom would decode it and encode it again
    return row


def uid_of(number: int) -> str:
    return f"1.2.3.{number}"


async def read_by_the_finder(
    folder: Path, shelves: dict[str, tuple[list[Name], str]], *, names_charset: bool
) -> dict[str, dict[str, set[str]]]:
    """PACS → StudyInstanceUID → the names it arrived with; `shelves`: PACS → its persons and its fallback."""
    sections = {}
    with ExitStack() as stack:
        for pacs, (persons, fallback) in shelves.items():
            peer = stack.enter_context(answering(Answering(persons, names_charset=names_charset).on_find))
            sections[pacs] = section_of(peer, find_limit=1000, charset=fallback)
        async with finder_of(folder, sections) as rig:
            for pacs in shelves:
                await rig.order(DAY, pacs=pacs)
            await rig.until(lambda: len(rig.all(CrawlCompleted)) == len(shelves) or rig.parked)
            studies = sum(len(persons) for persons, _ in shelves.values())
            await rig.until(lambda: len(rig.all(StudyFound)) == studies or rig.parked)
            assert not rig.parked
            arrived: dict[str, dict[str, set[str]]] = {pacs: {} for pacs in shelves}
            for found in rig.all(StudyFound):
                both = {found.study.patient_name, found.study.referring_physician_name}
                arrived[found.pacs][found.study.study_instance_uid] = both
            return arrived


def readings(persons: list[Name]) -> dict[str, set[str]]:
    return {uid_of(number): {person.reading} for number, person in enumerate(persons)}


def test_every_file_of_pydicom_gives_a_name() -> None:
    assert {name.file for name in NAMES} == {path.rpartition("/")[2] for path in get_charset_files("*.dcm")}
    assert len(CHARSETS) > 9
    assert sum(not name.raw.isascii() or b"\x1b" in name.raw for name in NAMES) > 15


@pytest.mark.parametrize("names_charset", [True, False])
def test_the_double_sends_every_name_in_its_own_bytes(names_charset: bool) -> None:
    for name in NAMES:
        declared = {"SpecificCharacterSet": name.charset.encode()} if names_charset else {}
        sent = encode(_row({"PatientName": name.raw, **declared}), True, True)
        assert sent is not None
        assert name.raw in sent


async def test_names_in_every_charset_arrive_as_the_reference_decoding(tmp_path: Path) -> None:
    arrived = await read_by_the_finder(tmp_path, {"main": (NAMES, "ISO_IR 6")}, names_charset=True)

    assert arrived["main"] == readings(NAMES)


async def test_they_do_through_a_pacs_that_omits_its_charset_where_the_configuration_names_it(tmp_path: Path) -> None:
    shelves = {
        f"pacs{number}": ([name for name in NAMES if name.charset == charset], charset)
        for number, charset in enumerate(CHARSETS)
    }
    arrived = await read_by_the_finder(tmp_path, shelves, names_charset=False)

    assert arrived == {pacs: readings(persons) for pacs, (persons, _) in shelves.items()}


async def test_without_the_right_charset_the_names_would_be_others(tmp_path: Path) -> None:
    """The comparison above can fail: what a PACS does not name, nobody guesses."""
    single_byte = ("ISO_IR 126", "ISO_IR 138", "ISO_IR 144")
    persons = [name for name in NAMES if name.charset in single_byte and not name.raw.isascii()]
    arrived = await read_by_the_finder(tmp_path, {"main": (persons, "ISO_IR 100")}, names_charset=False)

    assert len(persons) > 2
    assert all(arrived["main"][uid] != reading for uid, reading in readings(persons).items())
