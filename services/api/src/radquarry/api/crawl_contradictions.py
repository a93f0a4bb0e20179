"""What a crawl met that contradicts the PACS's profile: one word of each kind, kept with the crawl as JSON."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

NONE = "{}"


@dataclass(frozen=True)
class Contradicted:
    """The PACS did otherwise than its profile says while this crawl asked it; `kind` tells what was seen before."""

    crawl_id: UUID
    kind: str
    reason: str
    seen_at: datetime


def joined(known: str, fact: Contradicted) -> str:
    """`known` and this; of each kind the first that was seen counts, in whatever order they come."""
    kept: dict[str, list[str]] = json.loads(known)
    new = [fact.seen_at.astimezone(UTC).isoformat(), fact.reason]
    kept[fact.kind] = min(new, kept.get(fact.kind, new))
    return json.dumps(kept, sort_keys=True)


def reasons_of(known: str) -> tuple[str, ...]:
    """In the order they were seen."""
    return tuple(reason for _, reason in sorted(json.loads(known).values()))
