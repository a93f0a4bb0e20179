"""The tables are those they say they are."""

import json
import pkgutil
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydicom.datadict import DicomDictionary, tag_for_keyword
from pydicom.uid import CTImageStorage

from radquarry.exporter.cleaning.words import cleaned_text, known_words
from radquarry.exporter.profile.rules import resolved
from radquarry.exporter.standard.attribute_types import collected, types_of
from radquarry.exporter.standard.confidentiality import COLUMNS, Row, table
from radquarry.exporter.standard.safe_private import safe_private

DATA = Path(str(files("radquarry.exporter.standard"))) / "data"


def tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    assert found is not None
    return found


def test_the_actions_are_those_of_the_standard() -> None:
    assert len(table()) == 652
    assert table()[tag("PatientName")].basic == "Z"
    assert table()[tag("StudyInstanceUID")].basic == "U"
    assert table()[tag("AcquisitionDateTime")] == Row("X/Z/D", {"retain_full_dates": "K", "retain_modified_dates": "C"})
    assert table()[tag("StationName")].options["retain_device_identity"] == "K"
    assert {option for row in table().values() for option in row.options} == set(COLUMNS)


def test_the_package_of_the_actions_is_pinned_exactly() -> None:
    project = (Path(__file__).parents[2] / "services/exporter/pyproject.toml").read_text("utf-8")

    assert f'"dicom-anonymizer=={version("dicom-anonymizer")}"' in project


def test_the_safe_private_attributes_are_read_whole() -> None:
    assert len(safe_private()) == 479
    assert ("GEMS_ACQU_01", 0x0019, 0x9E) in safe_private()
    assert len({creator for creator, _, _ in safe_private()}) == 20


def highdicoms(name: str) -> Any:
    content = pkgutil.get_data("highdicom", f"_standard/{name}.json")
    assert content is not None
    return json.loads(content)


def test_the_types_are_those_of_highdicoms_tables() -> None:
    again = collected(
        highdicoms("sop_class_iod_map"),
        highdicoms("iod_module_map"),
        highdicoms("module_attribute_map"),
        frozenset(DicomDictionary),
    )

    assert json.loads((DATA / "attribute_types.json").read_text("utf-8")) == again


def test_types_are_by_class_and_place() -> None:
    types = types_of(CTImageStorage)
    assert types is not None
    assert types[0, tag("PatientID")] == "2"
    assert types[0, tag("StudyInstanceUID")] == "1"
    assert (0, tag("PatientComments")) not in types
    assert types_of("1.2.3") is None


def test_a_choice_keeps_the_file_valid_and_the_least_of_it() -> None:
    assert [resolved("X/Z/D", kind) for kind in ("1", "1C", "2", "2C", None, "")] == [
        "dummy", "dummy", "blank", "blank", "remove", "blank"]  # fmt: skip
    assert [resolved("X/D", kind) for kind in ("1", "2", None, "")] == ["dummy", "dummy", "remove", "dummy"]
    assert [resolved("X", kind) for kind in ("1", "1C", "2", "2C", None, "")] == [
        "dummy", "remove", "blank", "remove", "remove", "remove"]  # fmt: skip
    assert [resolved("Z", kind) for kind in ("1", "2", None, "")] == ["dummy", "blank", "blank", "blank"]
    assert [resolved("D", kind) for kind in ("1", "2", None, "")] == ["dummy"] * 4
    assert resolved("U", "3") == "uid"


def test_every_foreign_table_has_its_licence() -> None:
    notice = (DATA / "NOTICE").read_text("utf-8")
    licences = {path.name for path in DATA.glob("LICENSE-*")}

    assert len(licences) == 3
    assert all(name in notice for name in licences)
    assert all(path.name in notice for path in DATA.glob("*[0-9s].json"))


def test_words_that_are_no_names_stay() -> None:
    assert len(known_words()) > 1000
    assert cleaned_text("CT Thorax mit KM, Dr. Quarrymann 044 123 45 67, 12.03.2024") == "CT Thorax mit KM"
    assert cleaned_text("T2 FLAIR axial 3mm") == "T2 FLAIR axial 3mm"
    assert cleaned_text("Zwyssig") == ""
