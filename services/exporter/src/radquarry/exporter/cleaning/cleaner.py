"""Walks a data set and does with each attribute what its rule says; the original's elements are not changed."""

from collections.abc import Callable
from dataclasses import dataclass

from radquarry.exporter.cleaning.charsets import DEFAULT, Encodings, decoded, encoded
from radquarry.exporter.cleaning.dates import shifted
from radquarry.exporter.cleaning.dummies import dummy
from radquarry.exporter.cleaning.gathering import charset_of, identity_of
from radquarry.exporter.cleaning.marks import marks
from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.cleaning.private_blocks import PrivateBlocks
from radquarry.exporter.cleaning.searching import TEXTUAL, Kept
from radquarry.exporter.cleaning.staying import (
    fits,
    has_its_form,
    is_version,
    of_the_standard,
    tells,
    texts_of,
    withheld,
)
from radquarry.exporter.cleaning.words import cleaned_text
from radquarry.exporter.dicom_bytes.elements import Dataset, Element, plain
from radquarry.exporter.dicom_bytes.part10 import DicomFile
from radquarry.exporter.profile.profile import ACCESSION_NUMBER, PATIENT_ID, PATIENT_NAME, Profile
from radquarry.exporter.profile.rules import ORGANISATIONS_UIDS, Action, ClassRules, Rules, resolved
from radquarry.exporter.pseudonyms.keyed import Pseudonyms

LEFT_AS_NUMBERS = frozenset((b"US", b"SS", b"UL", b"SL", b"FL", b"FD"))


@dataclass(frozen=True)
class Cleaned:
    """A cleaned data set, whom it was about, and how many values held something of theirs where none should be."""

    file: DicomFile
    identity: Identity
    patient: str
    own_values_found: int


class Cleaner:
    """Cleans files by one profile with one project's pseudonyms."""

    def __init__(self, profile: Profile, pseudonyms: Pseudonyms) -> None:
        self.profile = profile
        self.rules = Rules(profile)
        self.pseudonyms = pseudonyms
        self._marks = marks(profile)

    def clean(self, file: DicomFile) -> Cleaned:
        """The file's data set as it may be given away; values that are not changed are views of the original's."""
        options = self.rules.options
        uids, dates = "retain_uids" not in options, "retain_full_dates" not in options
        identity = identity_of(file.dataset, uids=uids, dates=dates)
        work = _Pass(self, identity, self.rules.of_class(plain(file.dataset, 0x00080016)))
        dataset = work.dataset(file.dataset, 0, DEFAULT)
        found = work.kept.search(identity.spellings())
        cleaned = DicomFile(file.transfer_syntax_uid, [*dataset, *self._marks])
        return Cleaned(cleaned, identity, self.pseudonyms.patient_id(identity.patient_id), found)


class _Pass:
    """One file's walk."""

    def __init__(self, cleaner: Cleaner, identity: Identity, rules: ClassRules) -> None:
        self.kept = Kept()
        self._rules = rules
        self._identity = identity
        self._pseudonyms = cleaner.pseudonyms
        self._options = cleaner.rules.options
        self._days = cleaner.pseudonyms.days(identity.patient_id)
        self._change: dict[Action, Callable[[Element, int, Encodings], Element | None]] = {
            "blank": self._blank,
            "dummy": self._dummy,
            "uid": self._uid,
            "shift": self._shift,
            "words": self._words,
            "pseudonym": self._pseudonym,
            "version": self._version,
            "keep": self._keep,
        }

    def dataset(self, elements: Dataset, parent: int, around: Encodings) -> Dataset:
        encodings = charset_of(elements, around)
        action_of, note = self._rules.action, self.kept.note
        private: PrivateBlocks | None = None
        cleaned: Dataset = []
        for element in elements:
            action = action_of(parent, element.tag)
            if action == "private":
                private = private or PrivateBlocks(elements, safe="retain_safe_private" in self._options)
                action = private.action(element, dates="retain_modified_dates" in self._options)
            if action == "remove":
                continue
            if not fits(element):
                kept = withheld(element, self._rules.type_of(parent, element.tag))
            else:
                kept = self._change[action](element, parent, encodings)
            if kept is None:
                continue
            if kept.items is None and action in ("keep", "words", "version"):
                note(cleaned, kept, encodings)
            cleaned.append(kept)
        return cleaned

    def _keep(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        if element.items is not None:
            return self._recursed(element, encodings)
        if element.vr == b"UI":
            return self._keep_uid(element, parent)
        if not has_its_form(element):
            return self._without(element, parent, encodings)
        return element

    def _keep_uid(self, element: Element, parent: int) -> Element | None:
        instances = element.tag not in ORGANISATIONS_UIDS
        uids = texts_of(element)
        telling = [uid for uid in uids if tells(uid, self._identity, instances=instances)]
        if not telling:
            return element
        if not instances:
            return withheld(element, self._rules.type_of(parent, element.tag))
        own = (self._pseudonyms.uid(uid) if uid in telling else uid for uid in uids)
        return _changed(element, "\\".join(own).encode("latin-1"))

    def _version(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        if all(not text or is_version(text, self._identity) for text in texts_of(element)):
            return element
        return self._without(element, parent, encodings)

    def _without(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        """What a choice of X, Z and D comes to here."""
        action = resolved("X/Z/D", self._rules.type_of(parent, element.tag))
        return None if action == "remove" else self._change[action](element, parent, encodings)

    def _recursed(self, element: Element, encodings: Encodings) -> Element:
        return _sequence(element, [self.dataset(item, element.tag, encodings) for item in element.items or ()])

    def _blank(self, element: Element, _: int, __: Encodings) -> Element:
        return _changed(element, b"") if element.items is None else _sequence(element, [])

    def _dummy(self, element: Element, _: int, encodings: Encodings) -> Element:
        if element.items is None:
            return _changed(element, dummy(element))
        return _sequence(element, [self._dummy_item(item, element.tag, encodings) for item in element.items[:1]])

    def _dummy_item(self, elements: Dataset, parent: int, around: Encodings) -> Dataset:
        """The item's shape: no text, no date, no blob of the original, whatever else the table leaves."""
        encodings = charset_of(elements, around)
        cleaned: Dataset = []
        for element in elements:
            action = self._rules.action(parent, element.tag)
            if action in ("remove", "private"):
                continue
            if not fits(element):
                kept = withheld(element, self._rules.type_of(parent, element.tag))
            elif element.items is not None:
                kept = self._dummy(element, parent, encodings)
            elif action == "uid" or (element.vr == b"UI" and element.tag not in ORGANISATIONS_UIDS):
                kept = self._uid(element, parent, encodings)
            elif action == "blank":
                kept = self._blank(element, parent, encodings)
            elif action == "keep" and element.vr in (b"CS", b"UI", *LEFT_AS_NUMBERS):
                kept = self._keep(element, parent, encodings)
                if kept is not None:
                    self.kept.note(cleaned, kept, encodings)
            else:
                kept = self._dummy(element, parent, encodings)
            if kept is not None:
                cleaned.append(kept)
        return cleaned

    def _uid(self, element: Element, _: int, __: Encodings) -> Element | None:
        if element.items is not None or element.vr not in (b"UI", b"UN"):
            return None
        return _changed(element, "\\".join(map(self._own_uid, texts_of(element))).encode())

    def _own_uid(self, uid: str) -> str:
        return uid if not uid or of_the_standard(uid) else self._pseudonyms.uid(uid)

    def _shift(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        moved = None
        if element.items is None and element.vr in (b"DA", b"DT"):
            moved = shifted(bytes(element.value[:4096]).decode("latin-1"), self._days)
        if moved is not None:
            return _changed(element, moved.encode())
        return self._without(element, parent, encodings)

    def _words(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        if element.items is not None or element.vr not in TEXTUAL:
            return None
        parts = decoded(element.value, encodings).rstrip(" \0").split("\\")
        text = "\\".join(map(cleaned_text, parts))
        if not text and self._rules.type_of(parent, element.tag) == "1":
            return self._dummy(element, parent, encodings)
        return _changed(element, encoded(text, encodings))

    def _pseudonym(self, element: Element, parent: int, encodings: Encodings) -> Element | None:
        if element.vr == b"UI" or element.items is not None:
            return self._uid(element, parent, encodings)
        if element.vr in (b"DA", b"DT"):
            return self._shift(element, parent, encodings)
        text = decoded(element.value, encodings, name=element.vr == b"PN").strip(" \0")
        if element.tag in (PATIENT_NAME, PATIENT_ID):
            patient = self._identity.patient_id if parent == 0 or element.tag == PATIENT_NAME else text
            value = self._pseudonyms.patient_id(patient) if text or parent == 0 else ""
        elif not text:
            value = ""
        elif element.tag == ACCESSION_NUMBER:
            value = self._pseudonyms.accession_number(text)
        else:
            value = self._pseudonyms.value(text)
        return _changed(element, value.encode())


def _changed(element: Element, value: bytes) -> Element:
    changed = Element(element.tag, element.vr, value)
    changed.written_as = element.written_as
    return changed


def _sequence(element: Element, items: list[Dataset]) -> Element:
    changed = Element(element.tag, element.vr, items=items)
    changed.inner, changed.written_as = element.inner, element.written_as
    return changed
