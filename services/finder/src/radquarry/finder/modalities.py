"""A part of a day listed by modality: by first letters, and where a letter has too many, by the terms that begin so."""

from collections.abc import Iterable, Sequence
from string import ascii_uppercase

from radquarry.finder.page import Ask, IsWhole, Page
from radquarry.finder.parts import Part
from radquarry.finder.splits import Split
from radquarry.messages import Study

DEFINED_TERMS = (
    "AR ASMT AU BDUS BI BMD CFM CR CT CTPROTOCOL DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC HD IO IOL IVOCT IVUS "
    "KER KO LEN LS M3D MG MR NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS PR PT PX REG RESP RF RG RTDOSE "
    "RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA XA "
    "XAPROTOCOL XC AS CD CF CP CS DD DF DM DS EC FA FS LP MA MS OPR ST VF VL"
)
"""Defined terms of Modality, then the retired ones (PS3.3 section C.7.3.1.1.1)."""


class Modalities:
    """One part, split by modality; `known` are studies of it that were seen already."""

    def __init__(self, ask: Ask, is_whole: IsWhole, part: Part, known: Iterable[Study]) -> None:
        self._ask = ask
        self._is_whole = is_whole
        self._part = part
        self._named = sorted({each for study in known for each in study.modalities_in_study if each})

    async def list_all(self) -> Split:
        """Nothing is seen where the PACS does not say or match modalities."""
        split = Split()
        if not self._named:
            return split
        if await self._are_wildcards_understood(split):
            for letter in ascii_uppercase:
                if await self._piece(f"{letter}*", split) is not None:
                    await self._list_terms([term for term in self._terms() if term.startswith(letter)], split)
        else:
            await self._list_terms(self._terms(), split)
        return split

    async def _are_wildcards_understood(self, split: Split) -> bool:
        await self._piece(f"{self._named[0][0]}*", split)
        return bool(split.seen)

    async def _list_terms(self, terms: Sequence[str], split: Split) -> None:
        for term in terms:
            page = await self._piece(term, split)
            if page is not None:
                split.full.append((self._part.having("ModalitiesInStudy", term), page))

    def _terms(self) -> list[str]:
        """Those that are known to be there first: they tell soonest whether the key is ignored."""
        return list(dict.fromkeys([*self._named, *DEFINED_TERMS.split()]))

    async def _piece(self, pattern: str, split: Split) -> Page | None:
        """The page if it is not whole; nothing is asked once the key is found to be ignored."""
        if split.is_ignored:
            return None
        piece = self._part.having("ModalitiesInStudy", pattern)
        page = await self._ask(piece)
        split.saw(page)
        if self._is_whole(page):
            return None
        if not all(piece.has_keys_of(study) for study in page.studies):
            split.give_up()
            return None
        return page
