"""The first look at every input: what it is, whose it is, which bytes; then what belongs together."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from radquarry.exporter.conversion.given import Given
from radquarry.exporter.conversion.identity import SeriesIdentity, patient_key, series_uid, study_key, study_uid
from radquarry.exporter.conversion.inputs import Input
from radquarry.exporter.conversion.kinds import Kind, kind_of
from radquarry.exporter.conversion.outcomes import Outcome
from radquarry.exporter.conversion.pairs import pairs_among
from radquarry.exporter.conversion.patient_table import PatientTable
from radquarry.exporter.runs.sources import opened

CHUNK = 4 << 20
MIXED_PATIENTS = "its Study Instance UID is given to another patient too"
MIXED_SERIES = "its Series Instance UID is given to other files too, which are not of its series"
DIGITS = re.compile(r"(\d{1,18})")


@dataclass(frozen=True)
class Surveyed:
    """An input that may be converted; `digest` is the SHA-256 of its bytes in hex, of a pair's header of both.

    `size` in bytes, of both too.
    """

    input: Input
    kind: Kind
    digest: str
    given: Given
    size: int
    voxels: Input | None = None

    def refused(self, reason: str) -> Outcome:
        """That nothing was made of it."""
        return Outcome(self.input.number, self.input.name, "refused", reason=reason)


@dataclass(frozen=True)
class PassedOver:
    """Nothing in it is to be converted, and why."""

    reason: str


@dataclass(frozen=True)
class Series:
    """Images that become one series, in their order."""

    identity: SeriesIdentity
    given: Given
    members: tuple[Surveyed, ...]


class Survey:
    """`given` is for all; the table's row goes before it."""

    def __init__(self, given: Given, table: PatientTable | None, inputs: Sequence[Input]) -> None:
        self._given = given
        self._table = table
        self._called = Counter(each.name.rpartition("/")[2] for each in inputs)
        self.pairs = pairs_among(inputs)
        """By a header's number, its voxels: what becomes of the one becomes of the other."""
        self.used: set[str] = set()
        """Rows of the table that a file had."""

    def look_at(self, given: Input) -> Surveyed | PassedOver:
        """Raises `Refused`, `SourceRefused`, `OSError`."""
        if self._table is not None and given.source.path.resolve() == self._table.path.resolve():
            return PassedOver("it is the table")
        with opened(given.source) as view:
            kind, reason = kind_of(view, given.name)
            if kind == "other":
                return PassedOver(reason)
            data = {} if kind == "dicom" else self._data_of(given.name)
            voxels = self.pairs.get(given.number)
            if voxels is None:
                return Surveyed(given, kind, _digest(view), data, len(view))
            with opened(voxels.source) as other:
                return Surveyed(given, kind, _digest(view) + _digest(other), data, len(view) + len(other), voxels)

    def _data_of(self, name: str) -> Given:
        if self._table is None:
            return self._given
        row, given = self._table.row_of(name, self._called)
        self.used.add(row)
        return {**self._given, **given}

    def unused(self) -> int:
        """How many rows of the table name no file."""
        return 0 if self._table is None else len(set(self._table.rows) - self.used)


def _digest(view: memoryview) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(view), CHUNK):
        digest.update(view[start : start + CHUNK])
    return digest.hexdigest()


def series_of(images: Iterable[Surveyed]) -> Iterator[Series]:
    """Pictures of one folder with the same given data are a series, by their names; any other image is its own.

    Files with the same patient's and study's data are a study.
    """
    studies: dict[tuple[str, ...], list[Surveyed]] = defaultdict(list)
    for image in images:
        studies[study_key(image.given)].append(image)
    for members in studies.values():
        study = study_uid(members[0].given, (member.digest for member in members))
        groups: dict[tuple[object, ...], list[Surveyed]] = defaultdict(list)
        for member in sorted(
            members, key=lambda each: (each.input.folder, natural(each.input.name), each.input.number)
        ):
            single = member.input.number if member.kind != "raster" else 0
            groups[member.input.folder, single, tuple(sorted(member.given.items()))].append(member)
        for number, group in enumerate(groups.values(), 1):
            uid = series_uid(group[0].given, study, (member.digest for member in group))
            yield Series(SeriesIdentity(study, uid, number), group[0].given, tuple(group))


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """To sort `page 10` behind `page 9`."""
    parts = DIGITS.split(name.casefold())
    return tuple((1, int(part), part) if number % 2 else (0, 0, part) for number, part in enumerate(parts))


def mixed(series: Sequence[Series]) -> dict[str, str]:
    """Series Instance UIDs under which files would lie that do not belong together, and why."""
    patients: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for each in series:
        patients[each.identity.study_instance_uid].add(patient_key(each.given))
    counts = Counter(each.identity.series_instance_uid for each in series)
    found = {uid: MIXED_SERIES for uid, count in counts.items() if count > 1}
    for each in series:
        if len(patients[each.identity.study_instance_uid]) > 1:
            found[each.identity.series_instance_uid] = MIXED_PATIENTS
    return found
