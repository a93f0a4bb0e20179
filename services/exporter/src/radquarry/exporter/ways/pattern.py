"""Names of delivered files, made of attributes of the file that leaves: `{patient_id}/{series_number}/….dcm`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydicom.datadict import keyword_dict

from radquarry.exporter.cleaning.charsets import DEFAULT, decoded
from radquarry.exporter.cleaning.gathering import charset_of
from radquarry.exporter.dicom_bytes.dictionary import vr_of
from radquarry.exporter.dicom_bytes.elements import TEXT_VRS, Unreadable, found
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.runs.sources import Source, SourceRefused, opened
from radquarry.exporter.ways.port import Staged

FIELD = re.compile(r"\{([^{}]*)\}")
READABLE = TEXT_VRS | {b"UI", b"CS", b"DA", b"TM", b"DT", b"IS", b"DS", b"AS", b"AE"}
LONGEST_PART, LONGEST_VALUE = 200, 64
"""Bytes in UTF-8; file systems take 255."""
NOTHING = "none"
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
"""Names that Windows keeps for itself, with any ending."""


@cache
def _keywords() -> Mapping[str, int]:
    return {snake_case(keyword): tag for keyword, tag in keyword_dict.items()}


def snake_case(keyword: str) -> str:
    """`StudyInstanceUID` → `study_instance_uid`."""
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", keyword)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


@dataclass(frozen=True)
class Pattern:
    """A pattern that was looked at: `tags` by the names it uses."""

    text: str
    tags: Mapping[str, int]

    @classmethod
    def parsed(cls, text: str) -> "Pattern":
        """Raises `ValueError` with what to mend."""
        tags = {}
        for name in FIELD.findall(text):
            tag = _keywords().get(name)
            if tag is None or vr_of(tag) not in READABLE:
                raise ValueError(f"pattern: {{{name}}} is no attribute with a text, by its keyword in snake case")
            tags[name] = tag
        bare = FIELD.sub("x", text)
        if "{" in bare or "}" in bare:
            raise ValueError("pattern: a brace is open or closed that has no other one")
        if not tags or any(part != safe_part(part) for part in bare.split("/")):
            raise ValueError("pattern: is folders and a file name below the path, with at least one {attribute}")
        return cls(text, tags)

    def path(self, values: Mapping[str, str]) -> str:
        """Relative, its parts parted by `/`; whatever the values hold, it leads nowhere else."""
        named = {name: _safe_value(values.get(name, "")) for name in self.tags}
        parts = [FIELD.sub(lambda name: named[name[1]], part) for part in self.text.split("/")]
        return "/".join(safe_part(part) for part in parts)

    def of_staged(self, file: Staged) -> str:
        """Of a file that may leave; where it cannot be read, by the UIDs of the archive. Raises `SourceRefused`."""
        names = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
        return self.of_file(Source(1, file.path), {name: getattr(file, name) for name in names})

    def of_file(self, source: Source, known: Mapping[str, str]) -> str:
        """Of the file as it lies there; `known` are values that hold where it cannot be read as a whole.

        Raises `SourceRefused`.
        """
        try:
            with opened(source) as view:
                dataset = read_file(view).dataset
                encodings = charset_of(dataset, DEFAULT)
                values = dict(known)
                for name, tag in self.tags.items():
                    element = found(dataset, tag)
                    if element is not None and element.items is None:
                        text = decoded(element.value[:1024], encodings, name=element.vr == b"PN")
                        values[name] = text.strip(" \0")
        except (Unreadable, SourceRefused, OSError):
            return self.path(known)
        return self.path(values)


def _safe_value(value: str) -> str:
    text = unicodedata.normalize("NFC", value)
    kept = "".join(letter if letter.isalnum() or letter in "._-+=, ^" else "_" for letter in text)
    return _cut(kept.strip(" ."), LONGEST_VALUE).strip(" .") or NOTHING


def safe_part(part: str) -> str:
    """As one folder's or file's name: never empty, never `..`, hidden, a device, or longer than file systems take."""
    kept = "".join(letter if letter.isprintable() and letter not in '/\\:*?"<>|' else "_" for letter in part)
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 8 and stem:
        kept = f"{_cut(stem, LONGEST_PART)}.{ending}"
    kept = _cut(kept, LONGEST_PART + 9).strip(" ").rstrip(".")
    if not kept:
        return NOTHING
    return f"_{kept}" if kept.startswith(".") or DEVICES.match(kept) else kept


def _cut(text: str, most: int) -> str:
    return text.encode("utf-8")[:most].decode("utf-8", "ignore")
