"""The one PACS of a test: how long ago something was said of it, and how it is shown."""

from datetime import UTC, datetime, timedelta

from radquarry.api.archive_views import ArchiveView
from tests.api.projecting import Projections


def ago(minutes: float) -> datetime:
    """In the middle of a minute, so that a test never straddles two."""
    return datetime.now(UTC).replace(second=20, microsecond=0) - timedelta(minutes=minutes)


async def view(api: Projections) -> ArchiveView:
    """What is shown of it."""
    return await api.archives.get("main")
