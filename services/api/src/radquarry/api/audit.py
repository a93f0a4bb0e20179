"""Who searched, read or ordered what: one line each, with ids and counts only."""

import structlog
from fastapi import Request

from radquarry.dicom.uids import is_uid

log = structlog.get_logger(__name__)


def audit(action: str, user: str, **about: object) -> None:
    """Say it; nobody who is known by name is `local`."""
    log.info("audit", action=action, user=user or "local", **about)


async def audit_page(request: Request) -> None:
    """A page was asked for: its pattern, the length of its query, the study it shows."""
    about: dict[str, object] = {"page": request.scope["route"].path}
    if "q" in request.query_params:
        about["length"] = len(request.query_params["q"])
    uid = request.path_params.get("study_instance_uid", "")
    if is_uid(uid):
        about["study_instance_uid"] = uid
    audit(f"page {request.method}", request.state.user, **about)
