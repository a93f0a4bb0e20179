"""What stands around every page: the way to the areas, and the strips that say a person is needed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from radquarry.api.archives import ArchiveView
from radquarry.api.desk import Desk
from radquarry.api.pages.visit import Visit

AREAS = (
    ("search", "/", "nav.search"),
    ("retrievals", "/retrievals", "nav.retrievals"),
    ("crawls", "/crawls", "nav.crawls"),
    ("coverage", "/coverage", "nav.coverage"),
    ("pacs", "/pacs", "nav.pacs"),
    ("failures", "/failures", "nav.failures"),
    ("help", "/help", "nav.help"),
)


@dataclass(frozen=True)
class Area:
    """An entry of the rail."""

    name: str
    href: str
    label: str
    current: bool
    badge: int


@dataclass(frozen=True)
class Strip:
    """Something that needs a person: the wording's key with its values, and where to see to it."""

    key: str
    values: dict[str, object]
    href: str

    @property
    def mark(self) -> str:
        """What a dismissal remembers: another number or name makes it a new strip."""
        return blake2b(repr((self.key, sorted(self.values.items()))).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Frame:
    """Areas and strips."""

    areas: tuple[Area, ...]
    strips: tuple[Strip, ...] = ()


def bare_frame(visit: Visit, failures: int = 0, strips: tuple[Strip, ...] = ()) -> Frame:
    """The frame without asking anybody; strips that were dismissed stay away."""
    areas = tuple(
        Area(name, href, label, _within(visit.path, href), failures if name == "failures" else 0)
        for name, href, label in AREAS
    )
    return Frame(areas, tuple(strip for strip in strips if strip.mark not in visit.dismissed))


async def frame(desk: Desk, visit: Visit, *more: Strip) -> Frame:
    """The frame as things stand; `more` are strips only this page knows of."""
    failures = await desk.failures.count()
    strips = list(_pacs_strips(await desk.archives.list()))
    if failures and visit.path != "/failures":
        strips.append(Strip("strip.failures", {"n": failures}, "/failures"))
    return bare_frame(visit, failures, (*strips, *more))


def _pacs_strips(known: Iterable[ArchiveView]) -> Iterator[Strip]:
    for pacs in known:
        if pacs.state == "stopped":
            yield Strip("strip.stopped", {"pacs": pacs.name}, "/pacs")
        elif pacs.state == "down":
            yield Strip("strip.down", {"pacs": pacs.name}, "/pacs")


def _within(path: str, href: str) -> bool:
    return (
        path == href or (href != "/" and path.startswith(f"{href}/")) or (href == "/" and path.startswith("/studies/"))
    )
