"""De-identifies one file: read, cleaned, written where nobody looks, checked, and only then put into the delivery."""

import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from radquarry.exporter.cleaning.charsets import DEFAULT, decoded
from radquarry.exporter.cleaning.cleaner import Cleaned, Cleaner
from radquarry.exporter.cleaning.gathering import charset_of
from radquarry.exporter.cleaning.marks import marks, with_clean_pixel_data, words_of
from radquarry.exporter.dicom_bytes.elements import Bytes, found, plain
from radquarry.exporter.dicom_bytes.part10 import IMPLEMENTATION_VERSION_NAME, DicomFile, file_pieces
from radquarry.exporter.pixels.cleaning import PixelCleaner, samples_beside
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.pseudonyms.keyed import Given, Pseudonyms
from radquarry.exporter.pseudonyms.mapping_file import ACCESSION_NUMBER, DATE_SHIFT_DAYS, PATIENT_ID, Row
from radquarry.exporter.release.checking import Expected, findings
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.holding import UID_TAGS, NoImage, cleaned_or_held_back, pixels_are_cleaned, recognised
from radquarry.exporter.runs.sources import Source, opened
from radquarry.exporter.same_bytes import same
from radquarry.exporter.standard.safe_private import safe_private

UNCHECKED = ".unchecked"
"""The folder in the delivery where files lie until they are checked."""
CHUNK = 4 << 20


@dataclass(frozen=True)
class Order:
    """What every process needs to know. `map_wanted`: original values are handed back for the mapping.

    They are too where a mapping is given, so that it can be said which of it was of no use.
    """

    folder: Path
    profile: Profile
    key: bytes = field(repr=False)
    given: Given = field(default_factory=Given, repr=False)
    map_wanted: bool = False


class Workplace:
    """One process's cleaner and its place in the folder."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._cleaner = Cleaner(order.profile, Pseudonyms(order.key, order.given))
        self._kept = self._cleaner.rules.kept()
        self._pixels = PixelCleaner(order.profile.texts_that_stay, order.profile.regions)
        said = (
            with_clean_pixel_data(marks(order.profile))
            if order.profile.pixels.startswith("cleaned")
            else marks(order.profile)
        )
        self._marks = words_of(said) | {IMPLEMENTATION_VERSION_NAME.encode()}
        self._beside = order.folder / UNCHECKED / str(os.getpid())

    def deidentify(self, source: Source) -> tuple[Outcome, list[Row]]:
        """What became of the file, and its rows of the mapping where they are wanted."""
        try:
            with held_back_at_worst(), opened(source) as view:
                return self._file(source.number, view)
        except HeldBack as fault:
            return Outcome(source.number, "held back", reason=str(fault)), []
        finally:
            for left in (self._beside, samples_beside(self._beside)):
                left.unlink(missing_ok=True)

    def _file(self, number: int, view: memoryview) -> tuple[Outcome, list[Row]]:
        file = recognised(view)
        if isinstance(file, NoImage):
            return Outcome(number, "passed over", reason=file.reason), []
        cleaned = cleaned_or_held_back(self._cleaner, file)
        self._write(file_pieces(cleaned.file.transfer_syntax_uid, cleaned.file.dataset), view)
        pixels_cleaned = pixels_are_cleaned(self._order.profile, file.dataset)
        if pixels_cleaned:
            done = self._pixels.clean(file, cleaned.file, cleaned.identity, self._beside)
            self._beside.unlink()
            self._write(file_pieces(done.file.transfer_syntax_uid, done.file.dataset), view)
        outcome = self._released(number, view, cleaned, pixels_cleaned=pixels_cleaned)
        wanted = self._order.map_wanted or self._order.given != Given()
        rows = self._rows(file, cleaned) if wanted and outcome.state != "held back" else []
        return outcome, rows

    def _write(self, pieces: Sequence[Bytes], original: memoryview) -> None:
        with self._beside.open("xb", buffering=0) as output:
            for piece in pieces:
                for start in range(0, len(piece), CHUNK):
                    part = memoryview(piece)[start : start + CHUNK]
                    while part:
                        part = part[output.write(part) or 0 :]
                    if start and isinstance(original.obj, mmap.mmap):
                        original.obj.madvise(mmap.MADV_DONTNEED)  # what is written need not stay in memory

    def _released(self, number: int, original: memoryview, cleaned: Cleaned, *, pixels_cleaned: bool) -> Outcome:
        expected = replace(self._expected(cleaned), pixels_cleaned=pixels_cleaned, pixel_words=self._pixels.words())
        with opened(Source(number, self._beside)) as output:
            against = tuple(findings(original, output, expected))
        changed = cleaned.own_values_found
        if against:
            return Outcome(number, "held back", "", "the release check found what should not leave", against, changed)
        path = _path(cleaned)
        target = self._order.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self._beside, target)
        except FileExistsError:
            if same(self._beside, target):
                return Outcome(number, "repeated", path, "the same file as one that is there", (), changed)
            return Outcome(number, "held back", "", "another file of the same instance is there", (), changed)
        return Outcome(number, "released", path, "", (), changed)

    def _expected(self, cleaned: Cleaned) -> Expected:
        profile = self._order.profile
        dates = {"retain_full_dates": "kept", "retain_modified_dates": "moved"}
        said = [dates[option] for option in profile.options if option in dates]
        safe = safe_private() if "retain_safe_private" in profile.options else frozenset()
        uids = "retain_uids" in profile.options
        return Expected(cleaned.patient, said[0] if said else "removed", uids, safe, self._kept, self._marks)

    def _rows(self, original: DicomFile, cleaned: Cleaned) -> list[Row]:
        patient = cleaned.identity.patient_id
        pseudonyms = self._cleaner.pseudonyms
        rows = [(PATIENT_ID, patient, cleaned.patient)]
        if "retain_modified_dates" in self._order.profile.options:
            rows.append((DATE_SHIFT_DAYS, patient, str(pseudonyms.days(patient))))
        accession = found(original.dataset, 0x00080050)
        encodings = charset_of(original.dataset, DEFAULT)
        if accession is not None and (text := decoded(accession.value, encodings).strip(" \0")):
            rows.append((ACCESSION_NUMBER, text, pseudonyms.accession_number(text)))
        if "retain_uids" not in self._order.profile.options:
            for kind, tag in UID_TAGS.items():
                uid = plain(original.dataset, tag)
                rows.append((kind, uid, pseudonyms.uid(uid)))
        return rows


def _path(cleaned: Cleaned) -> str:
    study, series, instance = (plain(cleaned.file.dataset, tag) for tag in UID_TAGS.values())
    return f"{cleaned.patient}/{study}/{series}/{instance}.dcm"
