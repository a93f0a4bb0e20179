"""The UIDs of a data set are found without decoding it, whatever is before them, or refused."""

import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radquarry.storescp.archive import Archive
from radquarry.storescp.elements import Encoding, NotDicom, find_elements
from radquarry.storescp.identity import Identity, identify
from radquarry.storescp.part10 import FileHead, read_head, write_head
from radquarry.storescp.receipt import Announced
from tests.storescp.samples import Arrival, data_set_bytes, encoded, instance, raw, sample_files, store

ENDLESS = bytes.fromhex("08000500") + b"CS\0\0"
NO_UIDS = ("", "../../etc", "1.2/../3", "1." * 33, "1.2\\1.3", "nonsense", "1.2\n3", "1..2", "١.٢")
ALMOST_UIDS = st.text("0123456789./\\ \0", max_size=80) | st.text(max_size=80)
PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)
EXPECTED = Identity("1.2.3", "1.2.3.1", "1.2.3.1.1")


@pytest.fixture(scope="module")
def archive_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One archive for all examples."""
    return tmp_path_factory.mktemp("archive")


@pytest.mark.parametrize("syntax", PLAIN)
def test_uids_are_found_in_every_encoding(syntax: str) -> None:
    assert identify(encoded(instance(), syntax), syntax) == EXPECTED


@pytest.mark.parametrize("syntax", PLAIN)
def test_sequences_before_the_uids_are_stepped_over(syntax: str) -> None:
    inner = instance(9, StudyInstanceUID="9.9", ReferencedImageSequence=Sequence([instance(8)]))
    inner["ReferencedImageSequence"].is_undefined_length = True
    outer = instance(ReferencedStudySequence=Sequence([inner, inner]))
    outer["ReferencedStudySequence"].is_undefined_length = True
    inner.is_undefined_length_sequence_item = True

    assert identify(encoded(outer, syntax), syntax) == EXPECTED


def test_uids_are_found_in_a_deflated_data_set() -> None:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = deflater.compress(encoded(instance())) + deflater.flush()

    assert identify(deflated, DeflatedExplicitVRLittleEndian) == EXPECTED


def test_a_deflated_bomb_is_not_inflated_to_its_end() -> None:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflater.compress(bytes(50_000_000)) + deflater.flush()

    with pytest.raises(NotDicom):
        identify(bomb, DeflatedExplicitVRLittleEndian)


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.name)
def test_it_finds_what_pydicom_finds(path: Path) -> None:
    data, read = data_set_bytes(path)

    found = identify(data, str(read.file_meta.TransferSyntaxUID))

    assert found == Identity(str(read.StudyInstanceUID), str(read.SeriesInstanceUID), str(read.SOPInstanceUID))


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", NO_UIDS)
def test_what_is_no_uid_is_refused(place: int, value: str) -> None:
    keyword = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")[place]
    uids = ["1.2.3.1.1", "1.2.3", "1.2.3.1"]
    uids[place] = value

    with pytest.raises(NotDicom, match=f"{keyword} is not a UID"):
        identify(raw(*uids), ExplicitVRLittleEndian)


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_what_is_not_there_is_refused(keyword: str) -> None:
    data_set = instance()
    delattr(data_set, keyword)

    with pytest.raises(NotDicom, match=f"{keyword} is not a UID"):
        identify(encoded(data_set), ExplicitVRLittleEndian)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for syntax in (*PLAIN, DeflatedExplicitVRLittleEndian):
        with pytest.raises(NotDicom):
            identify(data, syntax)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_data_set_is_read_or_refused(data: st.DataObject) -> None:
    syntax = data.draw(st.sampled_from(PLAIN))
    whole = bytearray(encoded(instance(ReferencedStudySequence=Sequence([instance(8)])), syntax))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        identity = identify(bytes(whole), syntax)
    except NotDicom:
        return
    assert all(set(uid) <= set("0123456789.") for uid in vars(identity).values())


@given(ALMOST_UIDS, ALMOST_UIDS, ALMOST_UIDS)
@settings(max_examples=300, deadline=None)
def test_no_uid_leads_out_of_the_archive(archive_folder: Path, study: str, series: str, sop: str) -> None:
    archive = Archive(archive_folder, 0)
    announced = Announced(ExplicitVRLittleEndian, "1.2.840.10008.5.1.4.1.1.7", sop.strip(" \0"), "X")
    request = Arrival(memoryview(raw(sop, study, series)), announced)
    try:
        kept = store(archive, request)
    except NotDicom:
        return
    finally:
        archive.close()
    known = kept.instance
    place = archive.place(Identity(known.study_instance_uid, known.series_instance_uid, known.sop_instance_uid))
    assert len(place.resolve().relative_to((archive_folder / "archive").resolve()).parts) == 3


def test_endless_nesting_is_refused() -> None:
    opening = bytes.fromhex("08001011") + b"SQ\0\0" + bytes.fromhex("ffffffff feff00e0 ffffffff")

    with pytest.raises(NotDicom, match="nested"):
        find_elements(opening * 1000, Encoding(), {0x00100010})


def test_endless_elements_are_refused() -> None:
    with pytest.raises(NotDicom, match="too many"):
        find_elements(
            bytes.fromhex("08000500") + b"CS\0\0" + bytes.fromhex("08000500 43530000") * 150_000,
            Encoding(),
            {0x00100010},
        )


def test_a_head_is_read_as_it_was_written() -> None:
    head = FileHead("1.2.840.10008.5.1.4.1.1.7", "1.2.3.1.1", ExplicitVRBigEndian, "SENDER")

    read, begin = read_head(write_head(head) + b"the data set")

    assert read == head
    assert (write_head(head) + b"the data set")[begin:] == b"the data set"
    assert read.calling_ae_title == "SENDER"
