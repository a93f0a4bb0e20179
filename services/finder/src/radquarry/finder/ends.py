"""A part of a day listed by the last characters of a text key: `*0` … `*9`, `*A` … `*Z`, then `*00` and so on.

Ends rather than beginnings, because numbers of patients and orders differ there. What ends in a digit is
followed digit by digit; any other character is asked for once at each place (`*A`, `*A?`, `*A??`), so that no
value of digits, letters and the characters seen so far is left out.
"""

from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase, digits

from radquarry.finder.page import Ask, IsWhole, Page
from radquarry.finder.parts import Part, TextKey, value_of
from radquarry.messages import Study

MOST_PLACES = 8
MOST_DULL_PLACES = 3
"""Places in a row that split nothing (`…-2024`) before the key is given up."""


class Ends:
    """One part, split by one key.

    `full` holds the pieces that stayed full, `seen` the UIDs that came in any piece; both are empty when the PACS
    turns out to ignore the key.
    """

    def __init__(self, ask: Ask, is_whole: IsWhole, part: Part, known: Iterable[Study]) -> None:
        self._ask = ask
        self._is_whole = is_whole
        self._part = part
        self._known = tuple(known)
        self.full: list[tuple[Part, Page]] = []
        self.seen: set[str] = set()
        self._is_ignored = False

    async def first_look(self, key: TextKey) -> None:
        """Only the last character: enough to see whether anything was hidden."""
        for pattern in self._patterns(key, [""], 0):
            await self._ask(self._part.having(key, pattern))

    async def list_all(self, key: TextKey) -> None:
        """Place by place, until every piece is whole or the key splits no more."""
        open_tails, dull = [""], 0
        stuck: dict[str, Page] = {}
        for place in range(MOST_PLACES):
            before, widest = len(self.seen), len(open_tails)
            stuck = await self._list_place(key, open_tails, place)
            dull = 0 if len(self.seen) > before or len(stuck) > widest else dull + 1
            open_tails = list(stuck)
            if self._is_ignored:
                self.seen, self.full, stuck = set(), [], {}
            if not stuck or dull > self._patience(stuck):
                break
        self.full += [(self._part.having(key, f"*{tail}"), page) for tail, page in stuck.items()]

    async def _list_place(self, key: TextKey, tails: list[str], place: int) -> dict[str, Page]:
        """Ask for one more character before each tail; the tails that are still full."""
        stuck: dict[str, Page] = {}
        for pattern in self._patterns(key, tails, place):
            piece = self._part.having(key, pattern)
            page = await self._ask(piece)
            self.seen |= {study.study_instance_uid for study in page.studies}
            if self._is_whole(page):
                continue
            if not all(piece.has_keys_of(study) for study in page.studies):
                self._is_ignored = True
                return {}
            if pattern.startswith("*"):
                stuck[pattern[1:]] = page
            else:
                self.full.append((piece, page))
        return stuck

    def _patterns(self, key: TextKey, tails: list[str], place: int) -> Iterator[str]:
        for tail in tails:
            if tail:
                yield tail
            yield from (f"*{digit}{tail}" for digit in digits)
        yield from (f"*{other}{'?' * place}" for other in self._others(key))

    def _others(self, key: TextKey) -> str:
        """Letters, and what else occurs in the values seen; small letters where any were."""
        seen = {character for study in self._known for character in value_of(study, key)}
        strange = "".join(sorted(seen - set(digits + ascii_uppercase + ascii_lowercase + "*?\\ ")))
        small = ascii_lowercase if seen & set(ascii_lowercase) else ""
        return ascii_uppercase + small + strange

    @staticmethod
    def _patience(stuck: dict[str, Page]) -> int:
        """A PACS that gives one answer at a time proves nothing, however far it is followed."""
        return MOST_DULL_PLACES if any(page.received != 1 for page in stuck.values()) else 0
