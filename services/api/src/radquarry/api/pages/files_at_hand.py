"""The pages of the tools on files at hand: the forms that take files in, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radquarry.api.desk import Desk
from radquarry.api.exchange import MOST_BYTES, MOST_FILES
from radquarry.api.file_job_orders import FORMATS, JobKind
from radquarry.api.file_job_views import FileJobView, RefusedFile
from radquarry.api.listed import Listed
from radquarry.api.pages.delivery_form import DeliveryTyped

Tool = Literal["deidentify", "convert"]
TOOLS: tuple[Tool, ...] = ("deidentify", "convert")
KINDS: dict[Tool, JobKind] = {"deidentify": "deidentification", "convert": "conversion"}
MOST_SHOWN = 60


@dataclass(frozen=True)
class ToolsPage:
    """The form of one tool above the jobs that are there. `problem` is why the last upload was not taken."""

    tool: Tool
    profiles: tuple[str, ...]
    is_administrator: bool
    jobs: tuple[FileJobView, ...]
    next_href: str
    problem: str = ""

    @property
    def kind(self) -> JobKind:
        """What the form orders."""
        return KINDS[self.tool]

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All of them."""
        return TOOLS

    @property
    def formats(self) -> tuple[str, ...]:
        """That files can be converted to; the empty one is by what they are."""
        return FORMATS

    @property
    def project(self) -> str:
        """The one that files belong to where nobody names another."""
        return DeliveryTyped().project

    @property
    def example(self) -> str:
        """Attributes as they are written."""
        return "PatientID = P1\nStudyDescription = Fundus"

    @property
    def most_files(self) -> int:
        """Of one upload."""
        return MOST_FILES

    @property
    def most_bytes(self) -> int:
        """Of one upload."""
        return MOST_BYTES

    @property
    def is_moving(self) -> bool:
        """Whether any job is under way."""
        return any(not job.is_settled for job in self.jobs)


@dataclass(frozen=True)
class FileJobPage:
    """One job; `refused` are the files of its report that were held back."""

    job: FileJobView
    refused: tuple[RefusedFile, ...]

    @property
    def shown(self) -> tuple[RefusedFile, ...]:
        """The first of the refused ones."""
        return self.refused[:MOST_SHOWN]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return max(0, max(self.job.refused, len(self.refused)) - len(self.shown))

    @property
    def names(self) -> Sequence[str]:
        """The first of the files that were brought."""
        return self.job.names[:MOST_SHOWN]

    @property
    def api(self) -> str:
        """Where programs, and the links of the page, find it."""
        return f"/api/v1/{self.job.kind}s/{self.job.id}"


def tools_page(desk: Desk, user: str, tool: Tool, listed: Listed[FileJobView], problem: str = "") -> ToolsPage:
    """What `user` may do."""
    more = f"/tools?tool={tool}&after={listed.after}" if listed.after else ""
    profiles = desk.deliveries.destinations.profiles
    return ToolsPage(tool, profiles, desk.rights.administers(user), listed.items, more, problem)
