"""Files that are cleaned in memory, and checked."""

from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.data import data_manager, get_testdata_file
from pydicom.dataset import Dataset, FileDataset

from radquarry.exporter.cleaning.cleaner import Cleaned, Cleaner
from radquarry.exporter.cleaning.marks import marks, words_of
from radquarry.exporter.dicom_bytes.part10 import IMPLEMENTATION_VERSION_NAME, file_pieces, read_file
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.profile.rules import Rules
from radquarry.exporter.pseudonyms.keyed import Given, Pseudonyms, project_key
from radquarry.exporter.release.checking import Expected, Finding, findings
from radquarry.exporter.standard.safe_private import safe_private

SECRET = b"0123456789abcdef0123456789abcdef"
PROJECT = "lungs"
PROFILES = {
    "basic alone": Profile(options=()),
    "dates moved": Profile(),
    "dates kept": Profile(options=("retain_full_dates",)),
    "cleaned": Profile(
        options=("retain_modified_dates", "clean_descriptors", "clean_graphics", "clean_structured_content")
    ),
    "much kept": Profile(
        options=(
            "retain_modified_dates",
            "retain_device_identity",
            "retain_institution_identity",
            "retain_patient_characteristics",
            "retain_safe_private",
        )
    ),
    "UIDs kept": Profile(options=("retain_uids", "retain_modified_dates")),
}


def cleaner(profile: Profile | None = None, project: str = PROJECT, given: Given | None = None) -> Cleaner:
    """Of the tests' secret."""
    return Cleaner(profile or Profile(), Pseudonyms(project_key(SECRET, project), given))


def cleaned(data: bytes, by: Cleaner) -> tuple[bytes, Cleaned]:
    """The file as it would be given away."""
    done = by.clean(read_file(memoryview(data)))
    return b"".join(file_pieces(done.file.transfer_syntax_uid, done.file.dataset)), done


def read(data: bytes) -> FileDataset:
    """As pydicom, which is not ours, reads it."""
    return dcmread(BytesIO(data))


def cleaned_dataset(dataset: FileDataset, by: Cleaner | None = None) -> FileDataset:
    """Cleaned and read again."""
    return read(cleaned(written(dataset), by or cleaner())[0])


def written(dataset: Dataset) -> bytes:
    """As a file."""
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def ct() -> FileDataset:
    """A small CT of a patient with a name of his own."""
    dataset = dcmread(get_testdata_file("CT_small.dcm"))
    dataset.PatientName, dataset.PatientID, dataset.AccessionNumber = "Quarrymann^Josefine", "PID4711234", "ACC998877"
    del dataset[0xFFFCFFFC]
    return dataset


def leaks(original: bytes, output: bytes, done: Cleaned, profile: Profile) -> list[Finding]:
    """What the release check says."""
    dates = {"retain_full_dates": "kept", "retain_modified_dates": "moved"}
    said = [dates[option] for option in profile.options if option in dates]
    safe = safe_private() if "retain_safe_private" in profile.options else frozenset()
    expected = Expected(
        done.patient,
        said[0] if said else "removed",
        "retain_uids" in profile.options,
        safe,
        Rules(profile).kept(),
        words_of(marks(profile)) | {IMPLEMENTATION_VERSION_NAME.encode()},
    )
    return findings(memoryview(original), memoryview(output), expected)


def sample_files() -> list[Path]:
    """Every DICOM file that comes with pydicom, in its package."""
    root = Path(data_manager.DATA_ROOT)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in paths if path.read_bytes()[128:132] == b"DICM"]
