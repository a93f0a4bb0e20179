"""The pages about PACS as peers: how they are, and the question before one is stopped."""

from dataclasses import dataclass

from radquarry.api.archives import ArchiveView


@dataclass(frozen=True)
class PacsPage:
    """Every configured PACS; `fresh` is the one that was just asked."""

    archives: tuple[ArchiveView, ...]
    fresh: str


@dataclass(frozen=True)
class StopPage:
    """Whether this PACS shall really be stopped, or started again."""

    archive: ArchiveView
    start: bool
