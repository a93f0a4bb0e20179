"""A file, what cleaning made of it, and what the release check says to such a file."""

from radquarry.exporter.cleaning.marks import marks, words_of
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.release.checking import Expected, findings
from tests.exporter.cleaning import cleaned, cleaner, ct, read, written

ORIGINAL = ct()
ORIGINAL.StudyDate = "20240117"
DATA = written(ORIGINAL)
CLEANED, DONE = cleaned(DATA, cleaner())
EXPECTED = Expected(DONE.patient, marks=words_of(marks(Profile())) | {b"RADQUARRY_0_1"})


def found(**values: object) -> list[str]:
    """What the check says to a cleaned file in which somebody put something."""
    dataset = read(CLEANED)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return said(written(dataset))


def said(output: bytes) -> list[str]:
    """What the check says to this file, place by place."""
    return [f"{finding.where} {finding.what}" for finding in findings(memoryview(DATA), memoryview(output), EXPECTED)]
