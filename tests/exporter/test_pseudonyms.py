"""The same patient is the same everywhere and always; another project's cannot be linked."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from radquarry.exporter.cleaning.dates import PLACEHOLDERS, shifted
from radquarry.exporter.pseudonyms.keyed import Given, KeyRefused, Pseudonyms, project_key
from radquarry.exporter.pseudonyms.mapping_file import MappingRefused, as_it_was, harmless, read_mapping, write_mapping
from radquarry.exporter.settings import secret
from tests.exporter.cleaning import PROFILES, SECRET, cleaned_dataset, cleaner, ct

OURS = Pseudonyms(project_key(SECRET, "lungs"))
DAYS = st.dates(min_value=date(1911, 1, 1), max_value=date(2090, 1, 1)).filter(lambda day: day not in PLACEHOLDERS)
IDS = st.text(min_size=1, max_size=64)


@given(IDS)
def test_a_patient_has_one_pseudonym_in_a_project_and_another_in_another(patient: str) -> None:
    again, others = Pseudonyms(project_key(SECRET, "lungs")), Pseudonyms(project_key(SECRET, "hearts"))

    assert OURS.patient_id(patient) == again.patient_id(patient)
    assert OURS.days(patient) == again.days(patient)
    assert OURS.patient_id(patient) != others.patient_id(patient)
    assert OURS.accession_number(patient) != others.accession_number(patient)


@given(st.lists(st.integers(0, 10**12).map("1.2.{}".format), min_size=2, max_size=50, unique=True))
def test_uids_stay_different_valid_and_the_same(uids: list[str]) -> None:
    made = [OURS.uid(uid) for uid in uids]

    assert len(set(made)) == len(uids)
    assert made == [OURS.uid(uid) for uid in uids]
    assert all(UID(uid).is_valid and uid.startswith("2.25.") and int(uid[5:]) < 1 << 128 for uid in made)
    assert not set(made) & {Pseudonyms(project_key(SECRET, "hearts")).uid(uid) for uid in uids}


@given(DAYS, DAYS, IDS)
def test_the_time_between_two_dates_stays(one: date, other: date, patient: str) -> None:
    days = OURS.days(patient)
    moved = [shifted(f"{day:%Y%m%d}", days) for day in (one, other)]

    assert -3650 <= days <= -30
    first, second = (date.fromisoformat(text) for text in moved if text)
    assert second - first == other - one
    assert first < one


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("20240310", "20240229"),
        ("2024.03.10", "20240229"),
        ("20240310\\\\20240311 ", "20240229\\\\20240301"),
        ("20240310123456.789+0100", "20240229123456.789+0100"),
        ("", ""),
        ("202403", None),
        ("20241310", None),
        ("20240310 Quarrymann", None),
        ("00010101", None),
    ],
)
def test_dates_move_in_every_form_or_not_at_all(before: str, after: str | None) -> None:
    assert shifted(before, -10) == after


def test_all_dates_of_a_patient_move_alike_through_all_files() -> None:
    one, other = ct(), ct()
    one.StudyDate, other.StudyDate = "20240101", "20240301"
    one.SOPInstanceUID, other.SOPInstanceUID = "1.2.3.1", "1.2.3.2"

    first, second = cleaned_dataset(one), cleaned_dataset(other)

    between = date.fromisoformat(second.StudyDate) - date.fromisoformat(first.StudyDate)
    assert between.days == 60
    assert first.PatientID == second.PatientID == str(first.PatientName)
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.LongitudinalTemporalInformationModified == "MODIFIED"


def test_another_process_years_later_says_the_same() -> None:
    """Nothing of the machine, the process or the clock goes into a pseudonym."""
    code = (
        "from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key\n"
        f"p = Pseudonyms(project_key({SECRET!r}, 'lungs'))\n"
        "print(p.patient_id('a'), p.uid('1.2.3'), p.accession_number('b'), p.days('a'))"
    )
    said = []
    for zone, seed in (("UTC", "1"), ("Pacific/Apia", "2")):
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
        said.append(
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
        )

    own = f"{OURS.patient_id('a')} {OURS.uid('1.2.3')} {OURS.accession_number('b')} {OURS.days('a')}\n"
    assert said == [own.encode(), own.encode()]


def test_pseudonyms_are_these_for_ever() -> None:
    """A change of them would cut every running project in two."""
    assert OURS.patient_id("4711") == "PVYZPC4LZ5TC4TEW"
    assert OURS.uid("1.2.3") == "2.25.83365116219754098560803941578567867360"
    assert OURS.days("4711") == -2259


def test_without_an_id_nobody_is_taken_for_somebody_else() -> None:
    one, other = ct(), ct()
    one.PatientID = other.PatientID = ""
    other.StudyInstanceUID = "1.2.3.99"

    assert cleaned_dataset(one).PatientID != cleaned_dataset(other).PatientID


@pytest.mark.parametrize("key", [b"", b"short", b"a" * 64, b"ab" * 30])
def test_a_key_that_can_be_guessed_is_refused(key: bytes) -> None:
    with pytest.raises(KeyRefused):
        project_key(key, "lungs")


def test_the_key_comes_from_a_file_or_the_environment_and_from_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RADQUARRY_PSEUDONYM_KEY", raising=False)
    with pytest.raises(KeyRefused, match="no key"):
        secret(None)
    with pytest.raises(KeyRefused, match="cannot be read"):
        secret(tmp_path / "none")
    (tmp_path / "key").write_bytes(SECRET + b"\n")
    assert secret(tmp_path / "key") == SECRET
    monkeypatch.setenv("RADQUARRY_PSEUDONYM_KEY", "of the environment")
    assert secret(None) == b"of the environment"


@given(st.lists(st.tuples(st.just("patient_id"), st.text(min_size=1, max_size=30), st.just("X")), max_size=5))
def test_a_cell_is_harmless_and_comes_back(rows: list[tuple[str, str, str]]) -> None:
    for _, cell, _ in rows:
        assert harmless(cell)[:1] not in tuple("=+-@\t\r\n|%")
        assert as_it_was(harmless(cell)) == cell


def test_a_mapping_that_was_written_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "mapping.csv"
    write_mapping(file, [("patient_id", "=cmd|x", "P1"), ("date_shift_days", "=cmd|x", "-7"),
                         ("accession_number", "'A", "A1"), ("study_instance_uid", "1.2", "2.25.1")])  # fmt: skip

    assert file.stat().st_mode & 0o777 == 0o600
    assert "'=cmd|x" in file.read_text()
    assert read_mapping(file) == Given({"=cmd|x": "P1"}, {"'A": "A1"}, {"=cmd|x": -7})


def test_white_space_that_is_part_of_an_id_is_kept_so_that_its_pseudonym_is_used(tmp_path: Path) -> None:
    file = tmp_path / "mapping.csv"
    ids = ["4711", "4711\t", "4711\u3000", "\u00a04711", "\r4711", "4711\n"]
    write_mapping(file, [("patient_id", each, f"P{number}") for number, each in enumerate(ids)])

    given_one = read_mapping(file)

    assert given_one.patient_ids == {each: f"P{number}" for number, each in enumerate(ids)}
    dataset = ct()
    dataset.SpecificCharacterSet, dataset.PatientID = "ISO_IR 192", "4711\u3000"
    assert cleaned_dataset(dataset, cleaner(given=given_one)).PatientID == "P2"


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(lambda text: text.strip(" \0")).filter(bool),
        st.none(),
        max_size=5,
    )
)
def test_any_mapping_that_was_written_reads_the_same(ids: dict[str, None]) -> None:
    wanted = {each: f"P{number}" for number, each in enumerate(ids)}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mapping.csv"
        write_mapping(file, [("patient_id", original, pseudonym) for original, pseudonym in wanted.items()])

        assert read_mapping(file) == Given(wanted)


def test_a_given_mapping_goes_before_the_key() -> None:
    given_one = Given({"PID4711234": "CASE-1"}, {"ACC998877": "ORDER-1"}, {"PID4711234": -7})
    dataset = ct()
    dataset.StudyDate = "20240110"

    done = cleaned_dataset(dataset, cleaner(given=given_one))

    assert (done.PatientID, done.AccessionNumber, done.StudyDate) == ("CASE-1", "ORDER-1", "20240103")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,b\n", "heading"),
        ("kind,original,pseudonym\npatient_id,1\n", ":2: 2 cells"),
        ("kind,original,pseudonym\nname,1,2\n", ":2: kind is"),
        ("kind,original,pseudonym\npatient_id,,P\n", ":2: an original is empty"),
        ("kind,original,pseudonym\npatient_id,1,../../etc\n", ":2: a pseudonym has"),
        ("kind,original,pseudonym\naccession_number,1,ABCDEFGHIJKLMNOPQ\n", ":2: a pseudonym has at most 16"),
        ("kind,original,pseudonym\ndate_shift_days,1,0\n", ":2: a shift is"),
        ("kind,original,pseudonym\ndate_shift_days,1,=1+1\n", ":2: a shift is"),
        ("kind,original,pseudonym\npatient_id,1,P\npatient_id,1,Q\n", ":3: an original stands twice"),
        ("kind,original,pseudonym\npatient_id,1,P\npatient_id,2,P\n", "same pseudonym"),
        ("\x00\xff", "heading"),
    ],
)
def test_a_mapping_with_faults_is_refused_with_its_line(text: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "mapping.csv"
    file.write_text(text)

    with pytest.raises(MappingRefused, match=fault):
        read_mapping(file)


def test_other_options_do_not_change_who_is_who() -> None:
    said = {cleaned_dataset(ct(), cleaner(profile)).PatientID for profile in PROFILES.values()}

    assert len(said) == 1


def test_no_clock_and_no_chance_goes_into_a_file() -> None:
    """So that two runs, years and machines apart, give the same bytes."""
    folder = Path(__file__).parents[2] / "services/exporter/src"
    known = re.compile(r"\bnow\(|\btoday\(|\bimport time\b|\bimport random\b|\buuid\d?\b|\bgethostname\b")
    around = {"delivery", "files", "ways"}  # they say when something left, and name what lies on a disk
    deadlines = "pixels/cleaning.py"  # what takes too long is held back
    sources = [path for path in folder.rglob("*.py") if path.parent.name not in around]
    sources = [path for path in sources if not path.as_posix().endswith(deadlines)]

    assert len(sources) > 30
    assert [path.name for path in sources if known.search(path.read_text("utf-8"))] == []
