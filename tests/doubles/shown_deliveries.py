"""Deliveries and jobs on files that a test put there; every order is written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from radquarry.api.delivery_views import Cause, DeliveryOrder, DeliveryStudy, DeliveryView
from radquarry.api.destinations import Destinations
from radquarry.api.file_job_orders import JobKind
from radquarry.api.file_job_views import FileJobView, RefusedFile
from radquarry.api.file_jobs import Upload
from radquarry.api.listed import Listed
from radquarry.api.multipart import Form, read_form
from radquarry.api.problems import Problem, unknown
from radquarry.api.security.rights import Rights
from radquarry.configuration.sections import Destination
from radquarry.messages import Deidentification
from tests.doubles.shown_archives import NOW

RESEARCH = Destination(kind="directory", path=Path("out"))
OUTSIDE = Destination.model_validate({"kind": "dicomweb", "url": "http://127.0.0.1:9/", "identified": False})


def delivery(
    number: int = 1, studies: Sequence[DeliveryStudy] = (), causes: Sequence[Cause] = (), **changes: Any
) -> DeliveryView:
    """A delivery whose counts are those of its studies."""
    usual: dict[str, Any] = {
        "id": UUID(int=number), "retrieval_id": UUID(int=1), "destination": "research",
        "deidentify": Deidentification(project="lung-2025"), "reports": False, "mapping": False, "state": "running",
        "requested_by": "", "requested_at": NOW - timedelta(minutes=7 * number), "findings": 0,
        "expected": sum(study.expected or 0 for study in studies),
        "delivered": sum(study.delivered for study in studies), "held_back": sum(study.held_back for study in studies),
        "studies_total": len(studies),
        "studies_settled": sum(study.state in {"complete", "incomplete", "cancelled"} for study in studies),
        "problem_count": sum(bool(study.problem) for study in studies),
        "studies": tuple(studies), "causes": tuple(causes),
    }  # fmt: skip
    return DeliveryView(**(usual | changes))


def job(number: int = 1, **changes: Any) -> FileJobView:
    """Twelve files that are de-identified."""
    usual: dict[str, Any] = {
        "id": UUID(int=number), "kind": "deidentification", "state": "running", "requested_by": "",
        "requested_at": NOW - timedelta(minutes=11 * number), "files": 12, "bytes": 6_300_000, "total": 12, "done": 7,
        "refused": 0, "problem": "", "names": tuple(f"IM{n:04}.dcm" for n in range(12)),
        "about": {"project": "default", "profile": "", "mapping": False, "to": "", "attributes": [], "table": ""},
    }  # fmt: skip
    return FileJobView(**(usual | changes))


@dataclass
class ListedDeliveries:
    views: list[DeliveryView] = field(default_factory=list)
    orders: list[tuple[UUID, DeliveryOrder, str]] = field(default_factory=list)
    steered: list[tuple[str, UUID]] = field(default_factory=list)
    reported: set[UUID] = field(default_factory=set)
    destinations: Destinations = field(default_factory=lambda: Destinations({}, (), Rights()))

    async def request(self, retrieval_id: UUID, order: DeliveryOrder, user: str = "", key: str | None = None) -> UUID:
        self.destinations.check(order, user)
        self.orders.append((retrieval_id, order, user))
        return UUID(int=1)

    async def get(self, delivery_id: UUID) -> DeliveryView:
        return next((view for view in self.views if view.id == delivery_id), None) or _unknown("delivery", delivery_id)

    async def list(
        self, limit: int = 50, after: str | None = None, retrieval_id: UUID | None = None
    ) -> Listed[DeliveryView]:
        chosen = [view for view in self.views if retrieval_id in (None, view.retrieval_id)]
        return Listed(tuple(chosen[:limit]), None)

    async def has_report(self, delivery_id: UUID) -> bool:
        return delivery_id in self.reported

    async def retry(self, delivery_id: UUID, user: str = "") -> None:
        self.steered.append(("retry", delivery_id))

    async def cancel(self, delivery_id: UUID, user: str = "") -> None:
        self.steered.append(("cancel", delivery_id))


class _Weighed:
    """Takes files and keeps their names and sizes."""

    def __init__(self) -> None:
        self.files: list[tuple[str, int]] = []

    def begin(self, told: str) -> None:
        self.files.append((told, 0))

    def write(self, data: bytes) -> None:
        name, size = self.files[-1]
        self.files[-1] = name, size + len(data)

    def end(self) -> None:
        pass


@dataclass
class ListedFiles:
    views: list[FileJobView] = field(default_factory=list)
    lost: list[RefusedFile] = field(default_factory=list)
    brought: list[tuple[JobKind, Form, list[tuple[str, int]]]] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    refusal: Problem | None = None
    previews: dict[UUID, Path] = field(default_factory=dict)

    async def made(self, view: FileJobView, name: str, user: str = "") -> Path:
        return self.previews.get(view.id) or _unknown("preview", view.id)

    async def bring(self, kind: JobKind, upload: Upload) -> UUID:
        weighed = _Weighed()
        form = await read_form(upload.content_type, upload.body, weighed)
        if self.refusal:
            raise self.refusal
        self.brought.append((kind, form, weighed.files))
        return UUID(int=1)

    async def get(self, kind: JobKind | None, job_id: UUID, user: str = "") -> FileJobView:
        return next((view for view in self.views if view.id == job_id), None) or _unknown("job", job_id)

    async def list(self, user: str = "", limit: int = 50, after: str | None = None) -> Listed[FileJobView]:
        return Listed(tuple(self.views[:limit]), None)

    async def refused(self, view: FileJobView) -> tuple[RefusedFile, ...]:
        return tuple(self.lost)

    async def remove(self, kind: JobKind | None, job_id: UUID, user: str = "") -> None:
        self.removed.append(job_id)


def _unknown(what: str, key: UUID) -> Any:
    raise unknown(what, key)
