"""Finding out what a PACS can do, by a few small questions. See `probe`."""

from radquarry.finder.probing.probe import probe
from radquarry.finder.probing.services import Access

__all__ = ["Access", "probe"]
