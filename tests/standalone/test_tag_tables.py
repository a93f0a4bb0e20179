"""Tables of DICOM values: aliases, converters, defaults; nothing falls through and nothing is swallowed."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pydicom
import pytest
import yaml
from pyarrow import parquet
from pydicom import Dataset
from pydicom.data import get_testdata_file

FIELDS = ["PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]


def file_in(folder: Path, name: str, **values: Any) -> Path:
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    folder.mkdir(parents=True, exist_ok=True)
    dataset.save_as(folder / name)
    return folder / name


def tabled(folder: Path, tags: list[Any], *options: str, name: str = "out.csv") -> subprocess.CompletedProcess[str]:
    (folder / "tags.yaml").write_text(yaml.safe_dump({"tags": tags}))
    command = [sys.executable, "-m", "radquarry.standalone", "tags", "dicom", "-f", "tags.yaml", "-o", name, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_each_column_is_as_its_configuration_says(tmp_path: Path) -> None:
    codes = []
    for number in range(12):
        code = Dataset()
        code.CodeValue = f"code{number}"
        codes.append(code)
    values = {
        "ViewCodeSequence": codes,
        "SeriesNumber": 0,
        "Laterality": "",
        "PatientAge": "034Y",
        "ImageType": ["A", "B"],
    }
    file_in(tmp_path / "dicom", "1.dcm", StudyDate="20230306", StudyTime="101112.5", ProtocolName="p", **values)
    tags = [
        {"tag_name": "StudyDate", "tag_alias": "day", "callback": "pacsanini.convert:str2datetime"},
        {"tag_name": "StudyTime", "callback": "pacsanini.convert:str2timedelta"},
        {"tag_name": "PatientAge", "tag_alias": "age", "callback": "pacsanini.convert:agestr2years"},
        {"tag_name": "SeriesNumber", "callback": "int", "default_val": 7},
        {"tag_name": "Laterality", "default_val": 0},
        {"tag_name": ["BodyPartThickness", "ProtocolName"], "tag_alias": "what"},
        {"tag_name": "ViewCodeSequence[11].CodeValue", "tag_alias": "eleventh"},
        {"tag_name": "ViewCodeSequence[12].CodeValue", "tag_alias": "beyond"},
        {"tag_name": "ImageType"},
        {"tag_name": "TransferSyntaxUID"},
    ]

    done = tabled(tmp_path, tags)

    assert done.returncode == 0, done.stderr
    assert rows_of(tmp_path) == [
        {
            "day": "2023-03-06",
            "StudyTime": "10:11:12.500000",
            "age": "34",
            "SeriesNumber": "0",
            "Laterality": "0",
            "what": "p",
            "eleventh": "code11",
            "beyond": "",
            "ImageType": "A\\B",
            "TransferSyntaxUID": "1.2.840.10008.1.2.1",
            "dicom_path": "dicom/1.dcm",
        }
    ]


def test_what_cannot_be_read_is_told_and_no_value_is_repeated(tmp_path: Path) -> None:
    file_in(tmp_path / "dicom", "1.dcm", StudyID="seven", SOPInstanceUID="1.2.1")
    file_in(tmp_path / "dicom", "2.dcm", StudyID="8", SOPInstanceUID="1.2.2")
    (tmp_path / "dicom" / "broken.dcm").write_bytes(b"no DICOM at all")
    (tmp_path / "dicom" / "README").write_text("about these files")
    tags = [{"tag_name": "SOPInstanceUID"}, {"tag_name": "StudyID", "callback": "int", "default_val": -1}]

    done = tabled(tmp_path, tags)

    assert done.returncode == 1
    assert "cannot be read as DICOM: broken.dcm" in done.stderr
    assert "column StudyID: 1 values not converted: is no number" in done.stderr
    assert "1 files beside them are no DICOM" in done.stderr
    assert "seven" not in done.stderr
    assert {row["SOPInstanceUID"]: row["StudyID"] for row in rows_of(tmp_path)} == {"1.2.1": "-1", "1.2.2": "8"}


@pytest.mark.parametrize(("level", "count"), [("PATIENT", 2), ("study", 3), ("SERIES", 4), ("IMAGE", 5)])
def test_there_is_a_line_for_each_of_its_level(tmp_path: Path, level: str, count: int) -> None:
    """Of several files the first value that there is."""
    places = [
        ("p1", "1.1", "1.1.1"),
        ("p1", "1.1", "1.1.1"),
        ("p1", "1.1", "1.1.2"),
        ("p1", "1.2", "1.2.1"),
        ("p2", "1.3", "1.3.1"),
    ]
    for number, (patient, study, series) in enumerate(places):
        uids = {"PatientID": patient, "StudyInstanceUID": study, "SeriesInstanceUID": series}
        comments = None if number == 0 else f"comment {number}"
        image = f"1.9.{number}"
        file_in(tmp_path / "dicom", f"{number}.dcm", SOPInstanceUID=image, PatientComments=comments or "", **uids)

    done = tabled(tmp_path, [{"tag_name": name} for name in [*FIELDS, "PatientComments"]], "--level", level)

    rows = rows_of(tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(rows) == count
    assert ("dicom_path" in rows[0]) == (level == "IMAGE")
    if level == "PATIENT":
        assert [(row["PatientID"], row["PatientComments"]) for row in rows] == [
            ("p1", "comment 1"),
            ("p2", "comment 4"),
        ]


def test_json_lines_keep_numbers_and_nothing(tmp_path: Path) -> None:
    file_in(tmp_path / "dicom", "1.dcm", SeriesNumber=3, Laterality="")
    tags = [
        {"tag_name": "SeriesNumber", "callback": "int"},
        {"tag_name": "Laterality"},
        {"tag_name": "ImageType", "callback": "list"},
    ]

    done = tabled(tmp_path, tags, "--level", "SERIES", name="out.jsonl")

    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert done.returncode == 0, done.stderr
    assert lines == [{"SeriesNumber": 3, "Laterality": None, "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}]


def test_columns_of_a_parquet_file_have_types_where_their_values_agree(tmp_path: Path) -> None:
    file_in(tmp_path / "dicom", "1.dcm", SeriesNumber=3, Laterality="")
    file_in(tmp_path / "dicom", "2.dcm", SeriesNumber=4, Laterality="L", SeriesInstanceUID="1.2.3.99")
    tags = [
        {"tag_name": "SeriesNumber", "callback": "int"},
        {"tag_name": "Laterality"},
        {"tag_name": "ImageType", "callback": "list"},
        {"tag_name": "StudyDate", "callback": "pacsanini.convert:str2datetime"},
    ]

    done = tabled(tmp_path, tags, "--level", "SERIES", name="out.parquet")

    assert done.returncode == 0, done.stderr
    table = parquet.read_table(tmp_path / "out.parquet")
    types = {column.name: str(column.type) for column in table.schema}
    assert (types["SeriesNumber"], types["Laterality"], types["ImageType"]) == ("int64", "string", "string")
    assert sorted(table.column("SeriesNumber").to_pylist()) == [3, 4]
    assert set(table.column("Laterality").to_pylist()) == {None, "L"}
    assert table.column("ImageType").to_pylist() == ["ORIGINAL\\PRIMARY\\AXIAL"] * 2


@pytest.mark.parametrize(
    ("options", "name", "words"),
    [
        ((), "out.xls", "a table is written as .csv or .jsonl"),
        (("--level", "VISIT"), "out.csv", "--level is one of PATIENT, STUDY, SERIES, IMAGE"),
    ],
)
def test_what_is_not_written_is_refused(tmp_path: Path, options: tuple[str, ...], name: str, words: str) -> None:
    (tmp_path / "dicom").mkdir()

    done = tabled(tmp_path, [{"tag_name": "PatientID"}], *options, name=name)

    assert done.returncode == 2
    assert words in done.stderr
