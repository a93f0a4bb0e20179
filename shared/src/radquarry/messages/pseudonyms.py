"""The conversation about who is behind a pseudonym. What the answer is never travels with a message."""

from typing import ClassVar
from uuid import UUID

from radquarry.messages.kinds import Command, Event


class ResolvePseudonyms(Command):
    """Say which originals these pseudonyms of a delivery stand for: two people agreed to it.

    The answer is a file, `{data_dir}/exchange/reidentifications/{reidentification_id}.json`, so that no queue, no log
    and no parked message ever holds it: `{"originals": [{"pseudonym": …, "what": …, "original": …}]}`, `what` being the
    attribute by its keyword (PatientID, PatientName, StudyInstanceUID …). Nobody is both `requested_by` and
    `approved_by`, and neither is empty.
    """

    topic: ClassVar[str] = "pseudonyms.resolve"

    reidentification_id: UUID
    delivery_id: UUID
    project: str
    pseudonyms: tuple[str, ...]
    requested_by: str
    approved_by: str


class PseudonymsResolved(Event):
    """The answer lies in its file: so many pseudonyms were `found`, the others are `unknown`.

    With a `problem` there is no file. It names no original.
    """

    topic: ClassVar[str] = "pseudonyms.resolved"

    reidentification_id: UUID
    delivery_id: UUID
    found: int
    unknown: int = 0
    problem: str = ""
