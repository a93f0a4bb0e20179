"""What became different in the archive since a study was last seen."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from radquarry.messages.kinds import Event
from radquarry.messages.studies import Study

Change = Literal["late-series", "merged-patient", "re-identified", "gone", "returned"]


class StudyChanged(Event):
    """A later visit found the study otherwise; `former` is the state that was known before, and is kept.

    `late-series`: more (or other) series or instances. `merged-patient`: the same study under another patient id.
    `re-identified`: another accession number, name or birth date. `gone`: its day was listed completely without it.
    `returned`: a study that was gone is there again. `seen_at` orders changes; with `kind` it names the change.
    """

    topic: ClassVar[str] = "study.changed"

    crawl_id: UUID
    pacs: str
    study_instance_uid: str
    kind: Change
    seen_at: AwareDatetime
    former: Study
