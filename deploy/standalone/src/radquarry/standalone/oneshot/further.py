"""Columns that the listing of a day does not carry: each study, or patient, is asked for them by its own key."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from radquarry.dicom.peer import PacsRefuses
from radquarry.finder.lines import REFUSED_SECONDS
from radquarry.finder.pacs import Pacs

TOGETHER = 20
"""UIDs in one question (PS3.4 section C.2.2.2.2: list of UIDs); a PACS that cannot is asked one by one."""
KEYS: dict[str, tuple[str, Literal["study-root", "patient-root"]]] = {
    "STUDY": ("StudyInstanceUID", "study-root"),
    "PATIENT": ("PatientID", "patient-root"),
}

Values = Mapping[str, str]
"""DICOM keyword → text, several values joined by a backslash."""


class Further:
    """Asks for `fields`; `refusal` says why they are not asked for any more."""

    def __init__(self, pacs: Pacs, level: str, fields: Sequence[str]) -> None:
        self._pacs = pacs
        self._level = level
        self._key, self._model = KEYS[level]
        self._fields = tuple(fields)
        self._takes_lists = level == "STUDY"
        self.refusal = ""

    async def of(self, names: Sequence[str]) -> dict[str, Values]:
        """UID, or patient id → its values; who is not in it was not answered for. Raises `PacsAway`."""
        found: dict[str, Values] = {}
        try:
            if self._takes_lists:
                for some in _portions(names, TOGETHER):
                    found |= await self._asked(some) if self._takes_lists else {}
                    self._takes_lists = self._takes_lists and all(name in found for name in some)
            for name in names:
                if name not in found:
                    found |= await self._asked((name,))
        except PacsRefuses as refusal:
            self.refusal = str(refusal)
            await asyncio.sleep(REFUSED_SECONDS)  # after a refusal the PACS is not asked at all for so long
        return found

    async def _asked(self, names: Sequence[str]) -> dict[str, Values]:
        if not self._fields or self.refusal:
            return {}
        keys = {**dict.fromkeys(self._fields, ""), self._key: "\\".join(names)}
        answered = await self._pacs.answers({"QueryRetrieveLevel": self._level, **keys}, self._model)
        rows = ({keyword: _joined(value) for keyword, value in row.items()} for row in answered.rows)
        wanted = set(names)
        return {row[self._key]: row for row in rows if row[self._key] in wanted}


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\\".join(value)


def _portions(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
