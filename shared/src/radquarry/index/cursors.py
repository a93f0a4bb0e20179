"""Where the next page begins, as an opaque text that belongs to one query."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from radquarry.index.document import Query
from radquarry.index.port import QueryRefused

LONGEST = 8000


def written(query: Query, place: dict[str, Any]) -> str:
    """The cursor for `query` that leads on from `place` (plain JSON values)."""
    body = json.dumps({"of": _fingerprint(query)} | place, separators=(",", ":"))
    return urlsafe_b64encode(body.encode()).decode().rstrip("=")


def read(query: Query) -> dict[str, Any]:
    """The place the query's cursor leads on from, {} without one; raises `QueryRefused` for a foreign cursor."""
    if query.after is None:
        return {}
    try:
        text = query.after[:LONGEST]
        place = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        raise QueryRefused("after: this is not a cursor that a page gave", 0) from None
    if not isinstance(place, dict) or place.pop("of", None) != _fingerprint(query):
        raise QueryRefused("after: this cursor belongs to another query; begin at the first page", 0)
    return place


def _fingerprint(query: Query) -> str:
    asked = query.model_dump_json(exclude={"after", "limit"})
    return sha256(asked.encode()).hexdigest()[:12]
