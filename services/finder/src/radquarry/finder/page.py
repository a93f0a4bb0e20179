"""What one question of a listing gives, and what a whole listing gives."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from radquarry.finder.parts import Part
from radquarry.messages import Gap, Study


@dataclass(frozen=True)
class Page:
    """The answer to one C-FIND; `cut` says in words why it is not whole, "" when the PACS called it complete.

    `is_lost` says that the association ended, again and again, before any row came.
    """

    studies: tuple[Study, ...]
    received: int
    cut: str = ""
    is_lost: bool = False
    malformed: Counter[str] = field(default_factory=Counter)


Ask = Callable[[Part], Awaitable[Page]]
IsWhole = Callable[[Page], bool]


@dataclass(frozen=True)
class Listed:
    """What became of a window; `ignored` names the keys that turned out to narrow no answer."""

    studies: tuple[Study, ...]
    gaps: tuple[Gap, ...]
    queries: int
    ignored: frozenset[str] = frozenset()
