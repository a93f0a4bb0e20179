"""No input is lost: it is released, or the report says why it was not."""

import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.sources import Source, SourceRefused, opened, sources_in
from radquarry.exporter.runs.workplace import Workplace
from tests.exporter.cleaning import ct, written
from tests.exporter.running import files, order

CT = written(ct())


def outcomes_of(folder: Path) -> dict[str, Outcome]:
    place = Workplace(order(folder / "out"))
    told = {}
    for source in sources_in([folder / "in"], folder / "out"):
        told[source.path.name] = place.deidentify(source)[0]
    assert files(folder / "out" / ".unchecked") == []
    return told


def zipped(data: bytes, name: str = "a.dcm", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def big_endian_without_preamble() -> bytes:
    data = Path(str(get_testdata_file("MR_small_bigendian.dcm"))).read_bytes()
    return data[data.index(b"\0\x08\0\x08") :]


@pytest.mark.parametrize(
    ("data", "state", "words"),
    [
        (zipped(zipped(CT), "b.zip"), "held back", "packed (zip)"),
        (gzip.compress(CT), "held back", "packed (gzip)"),
        (b"#!/bin/sh\n" + zipped(CT), "released", ""),
        (big_endian_without_preamble(), "held back", "no preamble"),
        (CT[128:], "held back", "no preamble"),
        (b"", "held back", "it is empty"),
        (CT[: CT.index(b"\x08\0\x05\0CS")], "held back", "no data set"),
        (BytesIO(zipped(CT)).getvalue().replace(b"PK\3\4", b"PK\5\6") + b"PK\5\6", "held back", "packed (zip)"),
        (b"notes of somebody", "passed over", "no DICOM"),
    ],
)
def test_what_is_packed_bare_or_empty_is_opened_or_held_back(
    data: bytes, state: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_bytes(data)

    outcome = outcomes_of(tmp_path)["file"]

    assert outcome.state == state
    assert words in outcome.reason


def test_a_link_to_a_folder_and_a_folder_without_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "other")

    assert outcomes_of(tmp_path)["link"].reason.startswith("it is a link to a folder")
    (source,) = sources_in([tmp_path / "other"], tmp_path / "out")
    with pytest.raises(SourceRefused, match="there is no file in it"), opened(source):
        pass


def test_a_folder_that_cannot_be_looked_into_is_told(tmp_path: Path) -> None:
    """For root no folder is closed: one that vanishes while it is walked cannot be looked into either."""
    gone = tmp_path / "in" / "a" / "gone"
    gone.mkdir(parents=True)
    (tmp_path / "in" / "1.dcm").write_bytes(CT)
    found = sources_in([tmp_path / "in"], tmp_path / "out")
    first = next(found)
    gone.rmdir()
    gone.parent.rmdir()

    rest = list(found)

    assert first.path.name == "1.dcm"
    assert [source.fault for source in rest] == ["the folder cannot be looked into: No such file or directory"]


def test_a_directory_of_a_cd_is_passed_over_even_when_it_is_broken(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("DICOMDIR", "DICOMDIR-nooffset"):
        (tmp_path / "in" / name).write_bytes(Path(str(get_testdata_file(name))).read_bytes())

    told = outcomes_of(tmp_path)

    assert {outcome.state for outcome in told.values()} == {"passed over"}
    assert {outcome.reason for outcome in told.values()} == {"it is a directory of files (DICOMDIR)"}


def test_an_image_that_only_says_it_is_a_directory_is_not_lost(tmp_path: Path) -> None:
    dataset = ct()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(written(dataset))

    assert outcomes_of(tmp_path)["a"].state == "released"


@pytest.mark.parametrize("tag", [b"\x08\0\x18\0", b"\x20\0\x0d\0", b"\x20\0\x0e\0"])
def test_a_uid_written_as_something_else_makes_no_file_without_one(tag: bytes, tmp_path: Path) -> None:
    at = CT.index(tag + b"UI") + 4
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(CT[:at] + b"LO" + CT[at + 2 :])

    outcome = outcomes_of(tmp_path)["a"]

    assert outcome.state == "held back"
    assert outcome.reason.endswith("instance_uid is missing or none")


def damaged(method: int) -> bytes:
    data = bytearray(zipped(CT, method=method))
    data[60:200] = b"\xff" * 140
    return bytes(data)


def misnamed(which: int) -> bytes:
    name = "ä.dcm".encode()
    data = bytearray(zipped(CT, "ä.dcm"))
    at = data.index(name) if which == 0 else data.rindex(name)
    data[at] = 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    "data", [damaged(zipfile.ZIP_LZMA), damaged(zipfile.ZIP_BZIP2), damaged(zipfile.ZIP_DEFLATED), misnamed(0),
             misnamed(1)], ids=["LZMA", "BZIP2", "DEFLATE", "local name", "name"],
)  # fmt: skip
def test_a_damaged_archive_is_held_back_and_the_others_go_on(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(data)
    (tmp_path / "in" / "b.dcm").write_bytes(CT)

    told = outcomes_of(tmp_path)

    assert told["a.zip"].reason == "the zip archive is damaged, or packed in a way that is not known"
    assert told["b.dcm"].state == "released"


def test_a_fault_of_ours_holds_one_file_back(tmp_path: Path) -> None:
    """An order whose key is none makes the engine fail in every file."""
    (tmp_path / "a.dcm").write_bytes(CT)
    place = Workplace(order(tmp_path / "out"))
    place._cleaner.pseudonyms._key = None

    outcome, rows = place.deidentify(Source(1, tmp_path / "a.dcm"))

    assert (outcome.state, outcome.reason, rows) == ("held back", "a fault in radquarry (TypeError)", [])
    assert files(tmp_path / "out") == []
