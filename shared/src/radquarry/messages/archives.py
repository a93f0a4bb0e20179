"""The conversation with and about a PACS as a peer."""

from typing import ClassVar

from radquarry.messages.kinds import Command, Event


class EchoPacs(Command):
    """Ask the PACS whether it answers (C-ECHO)."""

    topic: ClassVar[str] = "pacs.echo"

    pacs: str


class PacsEchoed(Event):
    """What came of a C-ECHO; `problem` says what to mend when it did not answer."""

    topic: ClassVar[str] = "pacs.echoed"

    pacs: str
    answered: bool
    milliseconds: float | None = None
    problem: str = ""


class StopPacs(Command):
    """End all our traffic to this PACS, now and until it is started again."""

    topic: ClassVar[str] = "pacs.stop"

    pacs: str
    requested_by: str = ""


class StartPacs(Command):
    """Take up traffic to this PACS again."""

    topic: ClassVar[str] = "pacs.start"

    pacs: str
    requested_by: str = ""


class PacsStopped(Event):
    """No request leaves for this PACS any more."""

    topic: ClassVar[str] = "pacs.stopped"

    pacs: str
    requested_by: str = ""


class PacsStarted(Event):
    """Requests to this PACS are allowed again."""

    topic: ClassVar[str] = "pacs.started"

    pacs: str
    requested_by: str = ""
