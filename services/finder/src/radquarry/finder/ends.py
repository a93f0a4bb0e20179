"""A part of a day listed by a text key: by the characters it contains, then by its last ones.

Every letter and sign is asked for wherever it stands (`*A*`, `*-*`); most answers are empty. What then is left has
only digits, and those characters that too many values have (the `A` of `A00210001`): it is followed from its end,
`*0` … `*9`, `*A`, then `*00` and so on, because numbers of patients and orders differ there. So no value of ASCII
characters, or of others that were seen, is left out; a study without a value is.
"""

from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase, digits, punctuation

from radquarry.finder.page import Ask, IsWhole, Page
from radquarry.finder.parts import Part, TextKey, values_of
from radquarry.finder.splits import Split
from radquarry.messages import Study

MOST_PLACES = 16
MOST_DULL_PLACES = 3
"""Places in a row that split nothing (`…-2024`) before the key is given up."""
SIGNS = "".join(sign for sign in punctuation if sign not in "*?\\") + " "


class Ends:
    """One part, split by one key; `known` are studies of it that were seen already."""

    def __init__(self, ask: Ask, is_whole: IsWhole, part: Part, known: Iterable[Study]) -> None:
        self._ask = ask
        self._is_whole = is_whole
        self._part = part
        self._known = tuple(known)
        self._alphabet = digits

    async def list_all(self, key: TextKey) -> Split:
        """Place by place, until every piece is whole or the key splits no more."""
        split = Split()
        if not await self._is_understood(key, split):
            return split
        await self._list_characters(key, split)
        tails, dull = [""], 0
        for place in range(MOST_PLACES):
            before, widest = len(split.seen), len(tails)
            stuck = await self._list_place(key, tails, split)
            tails = list(stuck)
            dull = 0 if len(split.seen) > before or len(stuck) > widest else dull + 1
            if not tails or dull > _patience(stuck) or place + 1 == MOST_PLACES:
                split.full += [(self._part.having(key, f"*{tail}"), page) for tail, page in stuck.items()]
                break
        return split

    async def _is_understood(self, key: TextKey, split: Split) -> bool:
        """Whether the key finds a study that is known to have a value; of nothing known, nothing can be said."""
        value = next((value for study in self._known for value in values_of(study, key) if value), "")
        if not value:
            return not self._known
        await self._piece(key, f"*{value[-1]}", split)
        return not split.is_ignored and bool(split.seen)

    async def _list_characters(self, key: TextKey, split: Split) -> None:
        """All but digits; those in too many values join the alphabet of the ends."""
        seen = {character for study in self._known for value in values_of(study, key) for character in value}
        plain = digits + ascii_uppercase + ascii_lowercase + SIGNS + "*?\\"
        await self._list_each(key, ascii_uppercase + SIGNS + "".join(sorted(seen - set(plain))), split)
        if not split.is_ignored and not await self._is_case_ignored(key, seen, split):
            await self._list_each(key, ascii_lowercase, split)

    async def _list_each(self, key: TextKey, characters: str, split: Split) -> None:
        for character in characters:
            page = await self._piece(key, f"*{character}*", split)
            if split.is_ignored:
                return
            if page is not None:
                self._alphabet += character

    async def _is_case_ignored(self, key: TextKey, seen: set[str], split: Split) -> bool:
        """Whether a letter that only occurs in capitals is found by its small one: small ones need no asking then."""
        letter = next((each for each in sorted(seen & set(ascii_uppercase)) if each.lower() not in seen), "")
        if not letter:
            return False
        page = await self._ask(self._part.having(key, f"*{letter.lower()}*"))
        split.saw(page)
        return any(letter.lower() not in value for study in page.studies for value in values_of(study, key))

    async def _list_place(self, key: TextKey, tails: list[str], split: Split) -> dict[str, Page]:
        """Ask for one more character before each tail; the tails that are still full."""
        stuck: dict[str, Page] = {}
        for tail in tails:
            if tail and (page := await self._piece(key, tail, split)):
                split.full.append((self._part.having(key, tail), page))
            for character in self._alphabet:
                page = await self._piece(key, f"*{character}{tail}", split)
                if split.is_ignored:
                    return {}
                if page is not None:
                    stuck[f"{character}{tail}"] = page
        return stuck

    async def _piece(self, key: TextKey, pattern: str, split: Split) -> Page | None:
        """The page if it is not whole."""
        piece = self._part.having(key, pattern)
        page = await self._ask(piece)
        split.saw(page)
        if self._is_whole(page):
            return None
        if not all(piece.has_keys_of(study) for study in page.studies):
            split.give_up()
        return page


def _patience(stuck: dict[str, Page]) -> int:
    """One answer at a time proves nothing, however far it is followed."""
    return MOST_DULL_PLACES if any(page.received != 1 for page in stuck.values()) else 0
