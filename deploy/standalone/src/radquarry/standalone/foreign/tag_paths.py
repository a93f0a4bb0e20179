"""Where a value lies in a data set: `PatientName`, `ViewCodeSequence.CodeValue`, `ViewCodeSequence[12].CodeValue`."""

import difflib
import re
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR, keyword_dict, tag_for_keyword

STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\[([0-9]{1,9})\])?")
MOST_STEPS = 32


@dataclass(frozen=True)
class Step:
    """A sequence, and which of its items, counted from 0."""

    keyword: str
    item: int = 0


@dataclass(frozen=True)
class TagPath:
    """Through `steps` to the attribute `keyword`."""

    steps: tuple[Step, ...]
    keyword: str

    def __str__(self) -> str:
        """As it is written; the first item needs no number."""
        steps = (f"{step.keyword}[{step.item}]" if step.item else step.keyword for step in self.steps)
        return ".".join((*steps, self.keyword))

    @classmethod
    def parsed(cls, text: str) -> "TagPath":
        """Also without a dot behind a number (`Seq[1]Tag`). Raises ValueError with what to mend."""
        *sequences, (keyword, item) = _parts(text.strip())
        if item is not None:
            raise ValueError(f"{keyword}[{item}] names an item of a sequence: which of its attributes?")
        for sequence, _ in sequences:
            if dictionary_VR(_tag(sequence)) != "SQ":
                raise ValueError(f"{sequence} is no sequence")
        return cls(tuple(Step(sequence, int(number or 0)) for sequence, number in sequences), checked_keyword(keyword))


def _parts(text: str) -> list[tuple[str, str | None]]:
    parts: list[tuple[str, str | None]] = []
    place = 0
    while place < len(text) or not parts:
        found = STEP.match(text, place)
        if found is None or len(parts) > MOST_STEPS:
            raise ValueError("is no path such as PatientName, Sequence.Tag or Sequence[1].Tag")
        parts.append((checked_keyword(found[1]), found[2]))
        place = found.end()
        if place < len(text):
            is_dotted = text[place] == "."
            if not is_dotted and found[2] is None:
                raise ValueError("is no path such as PatientName, Sequence.Tag or Sequence[1].Tag")
            place += is_dotted
            if place == len(text):
                raise ValueError("ends with a dot")
    return parts


def checked_keyword(text: str) -> str:
    """A keyword of the DICOM dictionary; raises ValueError with the nearest one."""
    if tag_for_keyword(text) is not None:
        return text
    nearest = difflib.get_close_matches(text, keyword_dict, n=1, cutoff=0.6)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{text[:64]!a} is no DICOM keyword{hint}")


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword!a} is no DICOM keyword")
    return tag
