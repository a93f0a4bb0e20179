"""What can be wrong with a request, in words for the person who made it (RFC 9457)."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any
from uuid import UUID


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A request that is refused: `kind` is stable, `detail` says what to mend and names no patient.

    `extra` are further members of the problem document.
    """

    def __init__(self, status: int, kind: str, title: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.extra = extra
        self.headers: dict[str, str] = {}


def unknown_pacs(name: str, known: Iterable[str], status: int = 404) -> Problem:
    """No PACS of this name is configured; 404 in a path, 422 in an order."""
    names = sorted(known)
    nearest = get_close_matches(name, names, n=1)
    hint = f"Did you mean {nearest[0]!r}? " if nearest else ""
    listed = f"Known: {', '.join(names)}." if names else "None is configured."
    return Problem(status, "unknown-pacs", "No PACS has this name", f"{hint}{listed}", known=names)


def unknown(what: str, key: UUID | str | None = None) -> Problem:
    """No crawl, retrieval, failure or study has this id."""
    named = f" {key}" if isinstance(key, UUID) else ""
    return Problem(404, f"unknown-{what}", f"No such {what}", f"There is no {what}{named}.")


def invalid(detail: str, **extra: Any) -> Problem:
    """The request cannot be read as it is."""
    return Problem(422, "invalid", "The request does not fit", detail, **extra)


def not_in_this_version(what: str) -> Problem:
    """Documented for a later version."""
    return Problem(422, "not-in-this-version", "Not in this version", f"{what} is not in this version yet.")


def already_decided(state: str) -> Problem:
    """A question about pseudonyms that somebody else has approved or refused, or that has lapsed."""
    if state == "lapsed":
        return Problem(409, "lapsed", "Too late", "Nobody decided in time: the question has lapsed, and is asked anew.")
    return Problem(409, "decided", "Decided already", f"Somebody else has decided: the question is {state}.")


def no_second_person() -> Problem:
    """Nobody has a name here, so that there are no two people."""
    detail = (
        "Re-identification takes two people who are known by name, and nobody has to sign in here: "
        "configure api.authentication."
    )
    return Problem(403, "no-second-person", "Not without names", detail)


def already_settled(what: str, state: str) -> Problem:
    """Too late for this control."""
    return Problem(409, "already-settled", f"This {what} has ended", f"The {what} is {state}: nothing is left to do.")


def key_reused() -> Problem:
    """One Idempotency-Key, two different orders."""
    detail = "This Idempotency-Key was used for another order; use a new key for a new order."
    return Problem(422, "key-reused", "The key belongs to another order", detail)


def unknown_studies(positions: Sequence[int], asked: int) -> Problem:
    """Studies the index does not hold; named by position, so that nothing is echoed."""
    detail = f"{len(positions)} of {asked} studies are not in the index: crawl their days first."
    return Problem(422, "unknown-studies", "Unknown studies", detail, positions=list(positions[:100]))
