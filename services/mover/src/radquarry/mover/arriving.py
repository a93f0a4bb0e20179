"""What the ledger takes over of an announcement: what is younger than what it knows, and than what is to leave."""

from collections.abc import Sequence
from datetime import UTC
from functools import cache
from typing import Any

from sqlalchemy import case, null, or_
from sqlalchemy.dialects import postgresql, sqlite

from radquarry.messages import StoredInstance
from radquarry.mover.tables import instances


def rows_of(stored: Sequence[StoredInstance]) -> list[dict[str, Any]]:
    """One for each instance, as it was stored last."""
    newest = {
        (one.study_instance_uid, one.sop_instance_uid): one for one in sorted(stored, key=lambda one: one.stored_at)
    }
    return [
        {
            "study_instance_uid": one.study_instance_uid,
            "sop_instance_uid": one.sop_instance_uid,
            "series_instance_uid": one.series_instance_uid,
            "expected": False,
            "bytes": one.bytes,
            "sha256": one.sha256,
            "stored_at": one.stored_at.astimezone(UTC),
        }
        for one in newest.values()
    ]


@cache
def arrived(dialect: str) -> Any:
    """The statement, to be given rows.

    Twice is once, and in any order; what came back after it had left was not delivered yet.
    """
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(instances)
    new, old = statement.excluded, instances.c
    came_back = old.bytes.is_(None) & old.leaving.is_not(None)
    fresh = {"bytes": new.bytes, "sha256": new.sha256, "stored_at": new.stored_at, "asked_to_leave_at": null()}
    fresh["delivered_at"] = case((came_back, null()), else_=old.delivered_at)
    is_younger = or_(old.leaving.is_(None), new.stored_at > old.leaving)
    is_newest = or_(old.stored_at.is_(None), new.stored_at >= old.stored_at)
    keys = ["study_instance_uid", "sop_instance_uid"]
    return statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=is_younger & is_newest)
