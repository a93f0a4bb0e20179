"""Everything REST and pages show and order, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from radquarry.api.archives import Archives
from radquarry.api.coverage import Coverage
from radquarry.api.crawls import Crawls
from radquarry.api.dicomweb.images import Images
from radquarry.api.failures import Failures
from radquarry.api.live import Live
from radquarry.api.retrieval_decisions import RetrievalDecisions
from radquarry.api.retrieval_estimates import Estimates
from radquarry.api.retrievals import Retrievals
from radquarry.api.security.rights import Rights
from radquarry.api.settings import Settings
from radquarry.api.storage import Storage
from radquarry.api.study_changes import StudyChanges
from radquarry.api.viewer_files import Viewer
from radquarry.index.port import Index


@dataclass(frozen=True)
class Desk:
    """`clock` gives aware UTC times; `timezone` is that of the hospital's dates."""

    index: Index
    crawls: Crawls
    coverage: Coverage
    retrievals: Retrievals
    decisions: RetrievalDecisions
    estimates: Estimates
    storage: Storage
    archives: Archives
    changes: StudyChanges
    failures: Failures
    images: Images
    viewer: Viewer
    live: Live
    rights: Rights
    clock: Callable[[], datetime]
    timezone: ZoneInfo
    settings: Settings

    def today(self) -> date:
        """The hospital's date."""
        return self.clock().astimezone(self.timezone).date()
