"""A profile says what may stay; its faults are named with their lines."""

from pathlib import Path

import pytest
from pydicom.dataset import FileDataset

from radquarry.configuration.file import ConfigurationError
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.preview import changes
from radquarry.exporter.profile.profile import Option, Profile
from radquarry.exporter.profile.profile_file import read_profile
from tests.exporter.cleaning import cleaned_dataset, cleaner, ct, written


def rich() -> FileDataset:
    """A CT with something for every option."""
    dataset = ct()
    dataset.StationName, dataset.InstitutionName, dataset.PatientAge = "CT99", "Hospital", "063Y"
    dataset.StudyDate, dataset.StudyTime, dataset.DeviceSerialNumber = "20240117", "101112", "SN1"
    dataset.SeriesDescription, dataset.StudyDescription = "Thorax axial Zwyssig", "CT Thorax"
    dataset.PatientSex, dataset.PatientSize, dataset.ReferringPhysicianName = "F", 1.7, "Doc^Tor"
    dataset.private_block(0x0019, "GEMS_ACQU_01", create=True).add_new(0x23, "DS", "12.5")
    dataset.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", 800.0)
    dataset.private_block(0x2001, "Philips Imaging DD 001").add_new(0xC1, "LO", "what is this")
    dataset.private_block(0x0021, "NOBODY", create=True).add_new(0x23, "DS", "12.5")
    return dataset


def with_options(*options: Option) -> FileDataset:
    return cleaned_dataset(rich(), cleaner(Profile(options=options)))


def test_the_basic_profile_leaves_none_of_it() -> None:
    done = with_options()

    kept = (
        "StationName",
        "InstitutionName",
        "PatientAge",
        "DeviceSerialNumber",
        "SeriesDescription",
        "StudyDescription",
    )
    assert [keyword for keyword in kept if keyword in done] == []
    assert (done.StudyDate, done.StudyTime, done.ReferringPhysicianName) == ("", "", "")
    assert not any(element.tag.is_private for element in done)
    assert done.LongitudinalTemporalInformationModified == "REMOVED"
    assert [item.CodeValue for item in done.DeidentificationMethodCodeSequence] == ["113100"]


@pytest.mark.parametrize(
    ("option", "code", "keyword", "value"),
    [
        ("retain_device_identity", "113109", "StationName", "CT99"),
        ("retain_institution_identity", "113112", "InstitutionName", "Hospital"),
        ("retain_patient_characteristics", "113108", "PatientAge", "063Y"),
        ("retain_full_dates", "113106", "StudyDate", "20240117"),
        ("retain_uids", "113110", "StudyInstanceUID", rich().StudyInstanceUID),
        ("clean_descriptors", "113105", "SeriesDescription", "Thorax axial"),
    ],
)
def test_an_option_keeps_what_it_says_and_is_written_into_the_file(
    option: Option, code: str, keyword: str, value: str
) -> None:
    done = with_options(option)

    assert getattr(done, keyword) == value
    assert [item.CodeValue for item in done.DeidentificationMethodCodeSequence] == ["113100", code]
    assert done.PatientIdentityRemoved == "YES"


def test_safe_private_attributes_stay_with_their_creators_alone() -> None:
    done = with_options("retain_safe_private")

    assert {element.tag.group for element in done if element.tag.is_private} == {0x0019, 0x0025, 0x0043, 0x2001}
    assert done.private_block(0x0019, "GEMS_ACQU_01")[0x23].value == 12.5
    assert done.private_block(0x2001, "Philips Imaging DD 001")[0x03].value == 800.0
    assert 0xC1 not in done.private_block(0x2001, "Philips Imaging DD 001")


def test_a_safe_private_attribute_stays_only_in_its_own_representation() -> None:
    dataset = rich()
    dataset.private_block(0x0019, "GEMS_ACQU_01").add_new(0x24, "OB", b"Patient Road")

    assert 0x24 not in cleaned_dataset(dataset, cleaner(Profile(options=("retain_safe_private",)))).private_block(
        0x0019, "GEMS_ACQU_01"
    )


def test_dates_that_are_moved_keep_the_time_of_day() -> None:
    done = with_options("retain_modified_dates")

    assert done.StudyDate not in ("", "20240117")
    assert done.StudyTime == "101112"


def test_single_attributes_are_as_the_profile_says() -> None:
    profile = Profile(
        pseudonymise=("ReferringPhysicianName", "StudyID"),
        keep=("StationName", "(0008,0080)"),
        remove=("Rows", "Modality"),
        blank=("KVP",),
    )
    dataset = rich()
    dataset.StudyID = "77"

    done, again = (cleaned_dataset(dataset, cleaner(profile)) for _ in range(2))

    assert (done.StationName, done.InstitutionName, done.KVP) == ("CT99", "Hospital", None)
    assert "Rows" not in done
    assert "Modality" not in done
    assert str(done.ReferringPhysicianName).startswith("V")
    assert done.ReferringPhysicianName == again.ReferringPhysicianName
    assert len(done.StudyID) == 16
    assert done.DeidentificationMethod[-1] == "changed by profile basic"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("opions: []", ":1: unknown key 'opions'; did you mean 'options'?"),
        ("\noptions: [retain_dates]", ":2: options: Input should be"),
        ("keep: [PatientsName]", ":1: keep: 'PatientsName' is no keyword of the standard; did you mean PatientName?"),
        ("keep: ['(0009,1001)']", "is private"),
        ("keep: ['(0008,9999)']", "is no attribute of the standard"),
        ("keep: [PatientName]", "keep: PatientName says who the patient is"),
        ("remove: [PixelData]", "is not the profile's to decide"),
        ("remove: [SOPInstanceUID]", "SOPInstanceUID says where a file lies in the delivery"),
        ("blank: [StudyInstanceUID]", "StudyInstanceUID says where a file lies in the delivery"),
        ("remove: [StudyID]\nblank: [StudyID]", "StudyID stands in remove and in blank"),
        ("pseudonymise: [Rows]", "pseudonymise: Rows is no text, UID or date"),
        ("options: [retain_full_dates, retain_modified_dates]", "exclude each other"),
        ("pixels: sometimes", ":1: pixels: Input should be 'checked', 'cleaned', 'cleaned-all' or 'unchecked'"),
        ("name: ../../x", ":1: name: a profile's name has"),
        ("- a", "a configuration is a list of"),
        ("a: b: c", "not YAML"),
        ("keep: StationName", ":1: keep: Input should be a valid tuple"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_text(text)

    with pytest.raises(ConfigurationError) as raised:
        read_profile(file)

    assert complaint in raised.value.complaints[0]
    assert str(file) in raised.value.complaints[0]


def test_a_profile_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_text("name: lungs\noptions: [retain_uids]\nkeep: [StationName]\npixels: unchecked\n")

    assert read_profile(file) == Profile(
        name="lungs", options=("retain_uids",), keep=("StationName",), pixels="unchecked"
    )
    assert read_profile(None) == Profile()


def test_a_preview_shows_every_attribute_before_and_after() -> None:
    rows = {row.where: row for row in changes(cleaner(), read_file(memoryview(written(rich()))))}

    name = rows["PatientName"]
    assert (name.what, name.before) == ("changed", "Quarrymann^Josefine")
    assert name.after.startswith("P")
    assert rows["StationName"].what == "removed"
    assert rows["ReferringPhysicianName"].what == "emptied"
    assert (rows["Modality"].what, rows["Modality"].after) == ("kept", "CT")
    assert rows["PatientIdentityRemoved"].what == "added"
    assert rows["PixelData"].before == rows["PixelData"].after == "32768 bytes"
