"""The conversation about a retrieval: what is ordered, what arrives, what is missing."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from radquarry.configuration.week import WeekWindows
from radquarry.messages.kinds import Command, Event

RetrievalState = Literal["requested", "waiting", "running", "paused", "complete", "incomplete", "cancelled"]


class SeriesChoice(BaseModel):
    """Which series of a study are wanted; empty means all.

    A description matches in any case: as a part, or as a whole where the pattern holds `*` or `?`. The numbers of
    images are those the PACS holds of a series. `thinnest_axial` leaves, of the series that all the rest has chosen,
    the axial one with the thinnest slices. What a PACS does not tell it is not chosen by: nothing is fetched, the
    study is incomplete and says so.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    modality: tuple[str, ...] = ()
    exclude_description: tuple[str, ...] = ()
    include_description: tuple[str, ...] = ()
    body_part: tuple[str, ...] = ()
    min_images: Annotated[int, Field(ge=0)] | None = None
    max_images: Annotated[int, Field(ge=0)] | None = None
    thinnest_axial: bool = False


class PriorsChoice(BaseModel):
    """Which earlier studies of the same patient are wanted, too, each with the same choice of series."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    newest: Annotated[int, Field(ge=1)] | None = None
    within_months: Annotated[int, Field(ge=1)] | None = None
    same_modality: bool = False
    same_body_part: bool = False


class ListedSeries(BaseModel):
    """A series as it was when the PACS was last asked what it holds."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    series_instance_uid: str
    modality: str = ""
    number_of_series_related_instances: int


class WantedStudy(BaseModel):
    """A study to retrieve, and the PACS that holds it; with `sop_instance_uids` only these instances of it.

    `series` are all its series, where they and the number of their instances are known: then the PACS need not be asked
    for them before the first move. What has changed since shows in what it says of that.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    pacs: str
    sop_instance_uids: tuple[str, ...] = ()
    series: tuple[ListedSeries, ...] = ()


class RetrievalRequested(Event):
    """Somebody wants the images of these studies in the archive.

    The highest `priority` comes first: 0 is everybody's, more than 0 is urgent and needs the right to say so, which is
    looked at where the order is taken. Nothing is asked of a PACS for it before `not_before`, and no study is begun
    outside `windows`, which are the order's own: those of the PACS hold, too.
    The PACS is asked for `priors` when their study's turn comes: each becomes a study of this retrieval, and is said
    in a `RetrievalProgressed` of its own. `estimated_bytes` is `bytes_to_fetch` of a `RetrievalEstimated`: when the
    archive's disk cannot take so much, every study is `incomplete` at once with that reason and nothing is fetched.
    """

    topic: ClassVar[str] = "retrieval.requested"

    retrieval_id: UUID
    studies: tuple[WantedStudy, ...]
    series: SeriesChoice = SeriesChoice()
    priors: PriorsChoice | None = None
    priority: int = 0
    requested_by: str = ""
    not_before: AwareDatetime | None = None
    estimated_bytes: int | None = None
    windows: WeekWindows = WeekWindows()


class PauseRetrieval(Command):
    """Begin no further move for this retrieval until it is resumed."""

    topic: ClassVar[str] = "retrieval.pause"

    retrieval_id: UUID


class ResumeRetrieval(Command):
    """Go on with a paused retrieval."""

    topic: ClassVar[str] = "retrieval.resume"

    retrieval_id: UUID


class CancelRetrieval(Command):
    """Stop this retrieval for good; what has arrived stays."""

    topic: ClassVar[str] = "retrieval.cancel"

    retrieval_id: UUID


class TellRetrieval(Command):
    """Say again where every study of this retrieval stands, what was brought of it, and its end: somebody missed that.

    It is said with the revisions of before: who has heard it hears nothing new.
    """

    topic: ClassVar[str] = "retrieval.tell"

    retrieval_id: UUID


class RetryStudies(Command):
    """Ask at once, with fresh attempts, for what these studies of a retrieval lack; none named is all of them.

    Meant are those that are incomplete or wait after a fruitless attempt: the retrieval is open again. What was said
    of a study later (`sent_at`) stays as it is, so that this message delivered twice, or late, asks once.
    """

    topic: ClassVar[str] = "retrieval.retry"

    retrieval_id: UUID
    studies: tuple[str, ...] = ()


class GiveUpStudies(Command):
    """Fetch no more of these studies of a retrieval, of which none named is all; what has arrived stays.

    Those that are not settled become incomplete, with who gave them up and what was wrong before. One that is being
    sent is stopped. What was said of a study later (`sent_at`) stays as it is.
    """

    topic: ClassVar[str] = "retrieval.abandon"

    retrieval_id: UUID
    studies: tuple[str, ...] = ()
    requested_by: str = ""


class StoredInstance(BaseModel):
    """One instance in the archive: the size of its file in bytes, and the file's SHA-256 in hex."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str = ""
    bytes: int
    sha256: str
    calling_ae_title: str = ""
    stored_at: AwareDatetime


class InstancesStored(Event):
    """These files are durable in the archive. The same instance may be announced twice."""

    topic: ClassVar[str] = "instances.stored"

    instances: tuple[StoredInstance, ...]


class InstanceState(BaseModel):
    """What became of one expected instance: how often the PACS was asked for it, when it was durable in the archive.

    `problem` is what the PACS said of it by name (Failed SOP Instance UID List).
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    series_instance_uid: str
    sop_instance_uid: str
    received: bool
    bytes: int = 0
    sha256: str = ""
    stored_at: AwareDatetime | None = None
    ordered: int = 0
    problem: str = ""


class RetrievalProgressed(Event):
    """Where one study of a retrieval stands.

    `instances` is filled when the study has settled (complete, incomplete or cancelled), at most 500 in one
    message: further ones follow in messages of the same kind. `revision` grows with every message of one
    study of one retrieval: an older one that arrives late changes nothing.
    """

    topic: ClassVar[str] = "retrieval.progressed"

    retrieval_id: UUID
    study_instance_uid: str
    pacs: str
    state: RetrievalState
    expected: int | None = None
    received: int = 0
    problem: str = ""
    instances: tuple[InstanceState, ...] = ()
    revision: int


class RetrievalCompleted(Event):
    """Every study of the retrieval has settled; `complete` only when every expected instance is here."""

    topic: ClassVar[str] = "retrieval.completed"

    retrieval_id: UUID
    state: RetrievalState
    expected: int
    received: int
