"""What stands around every page: the way to the areas, and the strip that says a person is needed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import quote

from radquarry.api.archive_views import ArchiveView
from radquarry.api.desk import Desk
from radquarry.api.pages.visit import Visit

WITH_A_NAME = "reidentifications"
"""The area that nobody without a name can do anything in."""
AREAS = (
    ("search", "/", "nav.search"),
    ("retrievals", "/retrievals", "nav.retrievals"),
    ("deliveries", "/deliveries", "nav.deliveries"),
    ("tools", "/tools", "nav.tools"),
    ("reidentifications", "/reidentifications", "nav.reidentifications"),
    ("crawls", "/crawls", "nav.crawls"),
    ("coverage", "/coverage", "nav.coverage"),
    ("pacs", "/pacs", "nav.pacs"),
    ("storage", "/archive/storage", "nav.storage"),
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
class Notice:
    """Something that needs a person: the wording's key with its values, and where to see to it."""

    key: str
    values: dict[str, object]
    href: str

    @property
    def mark(self) -> str:
        """What a dismissal remembers: another number or name makes it a new notice."""
        return blake2b(repr((self.key, sorted(self.values.items()))).encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Frame:
    """Areas, and the notices of the one strip."""

    areas: tuple[Area, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def here(self) -> str:
        """The words of the area that is open; of all areas where none is."""
        return next((area.label for area in self.areas if area.current), "frame.areas")

    @property
    def waiting(self) -> int:
        """How much waits for a person, in all areas."""
        return sum(area.badge for area in self.areas)

    @property
    def marks(self) -> str:
        """What dismissing the strip remembers."""
        return ".".join(notice.mark for notice in self.notices)


def bare_frame(visit: Visit, badges: Mapping[str, int] = MappingProxyType({}), *notices: Notice) -> Frame:
    """The frame without asking anybody; notices that were dismissed stay away. `badges`: by the area's name."""
    areas = tuple(
        Area(name, href, label, _within(visit.path, href), badges.get(name, 0))
        for name, href, label in AREAS
        if name != WITH_A_NAME or visit.user
    )
    return Frame(areas, tuple(notice for notice in notices if notice.mark not in visit.dismissed))


async def frame(desk: Desk, visit: Visit, *more: Notice) -> Frame:
    """The frame as things stand; `more` are notices only this page knows of."""
    failures = await desk.failures.count()
    notices = list(_pacs_notices(await desk.archives.list()))
    if failures and visit.path != "/failures":
        notices.append(Notice("strip.failures", {"n": failures}, "/failures"))
    waiting = await desk.reidentifications.waiting(visit.user)
    if waiting and not _within(visit.path, "/reidentifications"):
        notices.append(Notice("strip.questions", {"n": waiting}, "/reidentifications"))
    return bare_frame(visit, {"failures": failures, "reidentifications": waiting}, *notices, *more)


def _pacs_notices(known: Iterable[ArchiveView]) -> Iterator[Notice]:
    for pacs in known:
        if pacs.state == "stopped":
            yield Notice("strip.stopped", {"pacs": pacs.name}, f"/pacs/{quote(pacs.name, safe='')}")
        elif pacs.state == "down":
            yield Notice("strip.down", {"pacs": pacs.name}, f"/pacs/{quote(pacs.name, safe='')}")
        if pacs.probing.contradiction:
            yield Notice("strip.contradicted", {"pacs": pacs.name}, f"/pacs/{quote(pacs.name, safe='')}#profile")


def _within(path: str, href: str) -> bool:
    return (
        path == href or (href != "/" and path.startswith(f"{href}/")) or (href == "/" and path.startswith("/studies/"))
    )
