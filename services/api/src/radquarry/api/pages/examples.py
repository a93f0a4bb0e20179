"""Example queries that find something in this very index."""

from collections.abc import Callable
from datetime import datetime, timedelta

from radquarry.api.pages.search import working
from radquarry.api.pages.wording import Language
from radquarry.index.port import Index

CANDIDATES: dict[Language, tuple[str, ...]] = {
    "en": ("pneumothorax -drain", '"pleural effusion"', "fractur* modality:CR", "metasta*", "modality:MR", "report:*"),
    "de": ("Pneumothorax -Drainage", "Pleuraerguss", "fraktur* modality:CR", "metasta*", "modality:MR", "report:*"),
}
FRESH = timedelta(minutes=5)


class Examples:
    """Asks the index once every few minutes."""

    def __init__(self, index: Index, clock: Callable[[], datetime]) -> None:
        self._index = index
        self._clock = clock
        self._found: dict[Language, tuple[datetime, tuple[str, ...]]] = {}

    async def three(self, language: Language) -> tuple[str, ...]:
        """Up to three queries; fewer than three are asked for again the next time."""
        now = self._clock()
        asked_at, found = self._found.get(language, (now - FRESH, ()))
        if len(found) < 3 or now - asked_at >= FRESH:
            found = await working(CANDIDATES[language], self._index, 3)
            self._found[language] = (now, found)
        return found
