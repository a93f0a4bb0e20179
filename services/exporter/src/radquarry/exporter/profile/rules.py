"""One action for each attribute, from profile, table and types; looked up once for each place and class, then known."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Literal

from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import TEXT_VRS
from radquarry.exporter.profile.beside_table import PUBLISHED, VERSIONS, own_row
from radquarry.exporter.profile.profile import ACCESSION_NUMBER, FIXED, OURS, PATIENT_ID, PATIENT_NAME, Profile
from radquarry.exporter.standard.attribute_types import types_of
from radquarry.exporter.standard.confidentiality import Row, table

Action = Literal["keep", "remove", "blank", "dummy", "uid", "shift", "words", "pseudonym", "version", "private"]

ORGANISATIONS_UIDS = frozenset(
    (0x00080016, 0x0008001A, 0x0008001B, 0x00080062, 0x0008010C, 0x0008010D, 0x00080117, 0x00080118, 0x00081150,
     0x0008115A, 0x00083002, 0x0008040E, 0x00041510, 0x00041512, 0x0004151A, 0x00340003, 0x04000010, 0x04000510,
     0x30100052, 0x30100053)
)  # fmt: skip
"""UIDs of classes, syntaxes and code tables, outside the table: no instance's. All others outside it are replaced."""
WHOLE_GROUPS = frozenset((0x0000, 0x0002, 0xFFFC))
PSEUDONYMS = frozenset((PATIENT_NAME, PATIENT_ID, ACCESSION_NUMBER))
TEXT_VALUE = 0x0040A160
TEXT_OF_CONTENT = Row("D", {"clean_structured_content": "C"})
"""The table names the sequence it stands in, not Text Value itself: where that is cleaned, it must be, too."""
DATES_STAY = frozenset(("retain_full_dates", "retain_modified_dates"))
DATES = (b"DA", b"DT", b"TM")
BY_VR: Mapping[bytes, str] = {b"PN": "Z", b"UI": "U", b"DA": "X/Z/D", b"DT": "X/Z/D", b"TM": "X/Z/D"}
"""Actions for attributes of the standard that neither the table nor the rows beside it name."""


class Rules:
    """The actions of one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.options = frozenset(profile.options)
        self.of_class: Callable[[str], ClassRules] = lru_cache(maxsize=512)(self._of_class)
        self._said: dict[int, Action] = {}
        for tag in PSEUDONYMS | profile.tags("pseudonymise"):
            self._said[tag] = "pseudonym"
        said: tuple[tuple[Iterable[int], Action], ...] = (
            (profile.tags("keep"), "keep"),
            (profile.tags("remove"), "remove"),
            (profile.tags("blank"), "blank"),
            (FIXED - OURS, "keep"),
            (OURS, "remove"),
        )
        self._said |= {tag: action for tags, action in said for tag in tags}

    def _of_class(self, sop_class_uid: str) -> "ClassRules":
        return ClassRules(self, types_of(sop_class_uid))

    def action(self, tag: int, kind: str | None) -> Action:
        """What becomes of the attribute where it has the type `kind`; None: optional, empty: the class is not known."""
        if tag in self._said:
            return self._said[tag]
        group, vr = tag >> 16, vr_of(tag)
        if group & 1:
            return "private"
        if group in WHOLE_GROUPS or group & 0xFF00 in (0x5000, 0x6000) or tag & 0xFFFF == 0 or vr is None:
            return "remove"
        if tag in VERSIONS and self.options & DATES_STAY:
            return "version"
        row = _row(tag, vr)
        if row is None:
            if vr not in BY_VR or tag in ORGANISATIONS_UIDS:
                return "keep"
            return self._by_vr(vr, kind)
        return self._by_options(row, vr) or resolved(row.basic, kind)

    def kept(self) -> frozenset[int]:
        """The attributes of the table that the profile or its options keep as they are."""
        return frozenset(tag for tag in table() if self.action(tag, None) == "keep") | self.profile.tags("keep")

    def _by_vr(self, vr: bytes, kind: str | None) -> Action:
        if vr in DATES and "retain_full_dates" in self.options:
            return "keep"
        if vr in DATES and "retain_modified_dates" in self.options:
            return "keep" if vr == b"TM" else "shift"
        if vr == b"UI" and "retain_uids" in self.options:
            return "keep"
        return resolved(BY_VR[vr], kind)

    def _by_options(self, row: Row, vr: bytes) -> Action | None:
        letters = {option: row.options[option] for option in self.options & set(row.options)}
        if "K" in letters.values():
            return "keep"
        if "retain_modified_dates" in letters:
            if vr in (b"DA", b"DT"):
                return "shift"
            if vr in (b"TM", b"SQ"):
                return "keep"
        if letters and vr == b"SQ":
            return "keep"
        if letters and (vr in TEXT_VRS or vr == b"CS"):
            return "words"
        return None


def _row(tag: int, vr: bytes) -> Row | None:
    if tag == TEXT_VALUE:
        return TEXT_OF_CONTENT
    return (None if tag in PUBLISHED else table().get(tag)) or own_row(tag, vr)


class ClassRules:
    """The actions in files of one class."""

    def __init__(self, rules: Rules, types: Mapping[tuple[int, int], str] | None) -> None:
        self._rules = rules
        self._types = types
        self._known: dict[tuple[int, int], Action] = {}

    def action(self, parent: int, tag: int) -> Action:
        """For an attribute in the sequence `parent`, 0 at the top."""
        place = (parent, tag)
        known = self._known.get(place)
        if known is None:
            known = self._rules.action(tag, self.type_of(parent, tag))
            if vr_of(tag) is not None and not tag & 0x10000:  # others are as many as a sender likes
                self._known[place] = known
        return known

    def type_of(self, parent: int, tag: int) -> str | None:
        """1, 1C, 2, 2C; None where it is optional; empty where the class is not known."""
        return "" if self._types is None else self._types.get((parent, tag))


def resolved(basic: str, kind: str | None) -> Action:
    """The basic profile's action where it leaves a choice: the one that keeps the file valid and the least of it.

    An attribute that must be there (type 1 or 2) is not removed even where the table would; nothing of it stays.
    """
    if basic in ("U", "X/Z/U*"):
        return "keep" if basic == "X/Z/U*" else "uid"
    choices = basic.split("/")
    if kind in ("1", "1C") and (basic != "X" or kind == "1"):
        return "dummy"
    if kind in ("2", "2C") and ("Z" in choices or (basic == "X" and kind == "2")):
        return "blank"
    if kind is None and "X" in choices:
        return "remove"
    if basic == "X":
        return "remove"
    return "blank" if "Z" in choices else "dummy"
