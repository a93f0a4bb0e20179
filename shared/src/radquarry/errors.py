"""The error tree of the whole system: every foreign error becomes one of these at its adapter."""

from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb


class Transient(Exception):  # noqa: N818 - the two families are adjectives: `except Transient` reads as the rule it is
    """The peer was away, slow or busy: the message is tried again later.

    `after` is the least number of seconds to wait, where the peer's answer says so (near-line storage,
    back-off). The text names peers, statuses and counts, never patients: it is logged and shown.
    """

    def __init__(self, text: str, *, after: float = 0.0) -> None:
        super().__init__(text)
        self.after = after


class Postponed(Transient):
    """Not now, by our own decision (a stopped PACS, outside its windows): does not count as an attempt."""


class Permanent(Exception):  # noqa: N818 - see Transient
    """Trying again cannot help: the message is parked with this reason.

    The text says what to mend, and names no patient.
    """


class PeerAway(Transient):
    """A server of ours (bus, index, state store) does not answer."""


def faults(error: BaseException) -> Iterator[BaseException]:
    """The errors that a group of them holds, or the one error."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from faults(inner)
    else:
        yield error


def printable(error: BaseException) -> str:
    """What may be logged of any error: our own words, the system's words; of a bug only its type and place.

    The text of a bug, and its traceback, may hold a patient's data.
    """
    match error:
        case Transient() | Permanent():
            return str(error)
        case OSError(strerror=str(words)):
            return f"{words}: {error.filename}" if error.filename else words
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"a fault in radquarry: {type(error).__name__}{place}"
