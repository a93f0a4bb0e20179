"""The newest message of each kind about each PACS: limits, profile, contradiction, and what was ordered."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from radquarry.api import bulk
from radquarry.api.peer_tables import archive_facts
from radquarry.messages import LimitPacs, Message, PacsContradicted, PacsLimited, PacsProbed, ProbePacs
from radquarry.state.store import State, insert_rows

ArchiveFact = PacsLimited | PacsProbed | PacsContradicted | LimitPacs | ProbePacs
Kind = TypeVar("Kind", bound=Message)
FAILED = "pacs.probed without"
"""A probing that failed stands beside the last profile and takes nothing away from it."""
CHANGED = "pacs.limited by order"
"""The answer to an order tells when limits were changed; they are said again at every start."""


class KnownFacts:
    """What is known of one PACS, by kind."""

    def __init__(self, bodies: Mapping[str, str] | None = None) -> None:
        self._bodies = bodies or {}

    def newest(self, *, kind: type[Kind], key: str = "") -> Kind | None:
        """The newest message of this kind."""
        body = self._bodies.get(key or kind.topic)
        return kind.model_validate_json(body) if body else None


class ArchiveFacts:
    """Keeps one row per PACS and kind; an older message that arrives late changes nothing."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def hear(self, fact: ArchiveFact) -> None:
        """Take up one fact, or an order of ours that was published."""
        said_at = fact.seen_at if isinstance(fact, PacsContradicted) else fact.sent_at
        about = {"pacs": fact.pacs[:64], "body": fact.model_dump_json(), "said_at": said_at}
        dialect = postgresql if self._state.dialect == "postgresql" else sqlite
        statement = dialect.insert(archive_facts)
        fresh = {name: statement.excluded[name] for name in ("body", "said_at")}
        newer = statement.excluded.said_at >= archive_facts.c.said_at
        statement = statement.on_conflict_do_update(index_elements=["pacs", "kind"], set_=fresh, where=newer)
        async with self._state.writing() as connection:
            await insert_rows(connection, statement, [about | {"kind": kind} for kind in _kinds(fact)])

    async def known(self, connection: AsyncConnection) -> dict[str, KnownFacts]:
        """By the PACS's name."""
        by_pacs: dict[str, dict[str, str]] = {}
        for row in await bulk.fetch(connection, select(archive_facts)):
            by_pacs.setdefault(row.pacs, {})[row.kind] = row.body
        return {pacs: KnownFacts(bodies) for pacs, bodies in by_pacs.items()}


def _kinds(fact: ArchiveFact) -> tuple[str, ...]:
    if isinstance(fact, PacsProbed) and fact.profile is None:
        return (FAILED,)
    if isinstance(fact, PacsLimited) and fact.cause is not None:
        return (fact.topic, CHANGED)
    return (fact.topic,)
