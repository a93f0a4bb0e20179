"""Names of delivered files: whatever a file says of itself, it lies below the destination under a name of its own."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from radquarry.configuration.sections import Destination
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.settings import Settings
from radquarry.exporter.ways.pattern import DEVICES, Pattern, safe_part, snake_case
from tests.exporter.cleaning import ct, written

USUAL = Destination(kind="directory", path=Path("out")).pattern
ANY = st.text(st.characters(codec="utf-8"), max_size=300)


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("PatientID", "patient_id"),
        ("StudyInstanceUID", "study_instance_uid"),
        ("SOPInstanceUID", "sop_instance_uid"),
        ("KVP", "kvp"),
        ("SeriesNumber", "series_number"),
    ],
)
def test_a_keyword_is_known_by_its_words(keyword: str, name: str) -> None:
    assert snake_case(keyword) == name


@pytest.mark.parametrize(
    "text",
    [
        "{patient}/{sop_instance_uid}.dcm",
        "{pixel_data}.dcm",
        "{rows}.dcm",
        "../{sop_instance_uid}.dcm",
        "/{sop_instance_uid}.dcm",
        "{sop_instance_uid}.dcm/",
        "a//{sop_instance_uid}.dcm",
        ".hidden/{sop_instance_uid}.dcm",
        "{sop_instance_uid",
        "sop_instance_uid}.dcm",
        "plain.dcm",
        "{sop_instance_uid}\\x.dcm",
        "",
    ],
)
def test_a_pattern_that_leads_elsewhere_or_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="pattern: "):
        Pattern.parsed(text)


def test_a_wrong_pattern_is_told_with_its_destination() -> None:
    there = Destination(kind="directory", path=Path("out"), pattern="{patient}.dcm")
    with pytest.raises(ValidationError, match=r"destinations.research.pattern: \{patient\} is no attribute"):
        Settings(destinations={"research": there})


@given(patient=ANY, study=ANY, series=ANY, instance=ANY)
def test_no_value_leads_out_or_hides(patient: str, study: str, series: str, instance: str) -> None:
    named = {
        "patient_id": patient,
        "study_instance_uid": study,
        "series_instance_uid": series,
        "sop_instance_uid": instance,
    }
    path = Pattern.parsed(USUAL).path(named)

    parts = PurePosixPath(path).parts
    assert len(parts) == 4
    assert not path.startswith("/")
    for part in parts:
        assert part not in ("", ".", "..")
        assert not part.startswith(".")
        assert not DEVICES.match(part)
        assert len(part.encode()) <= 255
        assert part.isprintable()
    assert path.endswith(".dcm")


@given(ANY)
def test_a_safe_part_stays_as_it_is(text: str) -> None:
    assert safe_part(safe_part(text)) == safe_part(text)


def test_values_are_those_of_the_file_in_its_own_character_set(tmp_path: Path) -> None:
    dataset = ct()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.SeriesNumber, dataset.StationName = "Müller/^Jo", 4, ""
    (tmp_path / "file.dcm").write_bytes(written(dataset))

    pattern = Pattern.parsed("{patient_name}/{series_number}-{station_name}/{modality}.dcm")

    assert pattern.of_file(Source(1, tmp_path / "file.dcm"), {}) == "Müller_^Jo/4-none/CT.dcm"


def test_a_file_that_cannot_be_read_is_called_by_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "file.dcm").write_bytes(b"damaged")

    place = Pattern.parsed(USUAL).of_file(Source(1, tmp_path / "file.dcm"), {"sop_instance_uid": "1.2"})

    assert place == "none/none/none/1.2.dcm"
