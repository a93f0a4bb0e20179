"""The conversation about a delivery: what goes where, what has left, what was held back."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from radquarry.messages.kinds import Command, Event

DeliveryState = Literal["requested", "waiting", "running", "complete", "incomplete", "cancelled"]
ProjectName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Deidentification(BaseModel):
    """How a delivery is de-identified (PS3.15 annex E).

    Pseudonyms and date shift belong to `project`: another one's cannot be linked with them. `profile` is a name under
    `deidentification.profiles` of the configuration; empty is the usual profile.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    project: ProjectName = "default"
    profile: str = ""


class DeliveryRequested(Event):
    """Somebody wants what a retrieval brought at a destination of the configuration.

    Every study of the retrieval leaves when it has settled there; with `studies` only these. Without `deidentify` the
    files leave as they came, identified. With `reports` their reports leave too, where the destination is a directory.
    With `mapping` the table of originals and pseudonyms is written beside the archive, never into the delivery.
    """

    topic: ClassVar[str] = "delivery.requested"

    delivery_id: UUID
    retrieval_id: UUID
    destination: str
    studies: tuple[str, ...] = ()
    deidentify: Deidentification | None = None
    reports: bool = False
    mapping: bool = False
    requested_by: str = ""


class CancelDelivery(Command):
    """Stop this delivery for good; what has left stays where it is."""

    topic: ClassVar[str] = "delivery.cancel"

    delivery_id: UUID
    requested_by: str = ""


class RetryDelivery(Command):
    """Try at once, with fresh attempts, what did not arrive; what arrived or was held back is not sent again.

    What was said of the delivery later (`sent_at`) stays as it is, so that this message delivered twice tries once.
    """

    topic: ClassVar[str] = "delivery.retry"

    delivery_id: UUID


class InstanceDelivery(BaseModel):
    """What became of one instance, by its identified UIDs.

    `delivered`: the destination has it, said so, and (a directory) it is durable there. `held back`: it may not leave,
    `problem` says why. `missing`: the retrieval did not bring it, or it has left the archive. `failed`: the destination
    did not take it.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    series_instance_uid: str
    sop_instance_uid: str
    state: Literal["delivered", "held back", "missing", "failed"]
    problem: str = ""
    delivered_at: AwareDatetime | None = None


class DeliveryProgressed(Event):
    """Where one study of a delivery stands.

    `instances` is filled when the study has settled (complete, incomplete or cancelled), at most 500 in one message:
    further ones follow in messages of the same kind. `revision` grows with every message of one study of one delivery.
    A study is complete when every expected instance was delivered; what was held back leaves it incomplete.
    `again_at`: one that is `waiting` is tried again then by itself; None where that is not known.
    """

    topic: ClassVar[str] = "delivery.progressed"

    delivery_id: UUID
    retrieval_id: UUID
    study_instance_uid: str
    state: DeliveryState
    expected: int | None = None
    delivered: int = 0
    held_back: int = 0
    problem: str = ""
    again_at: AwareDatetime | None = None
    instances: tuple[InstanceDelivery, ...] = ()
    revision: int


class DeliveryWaits(Event):
    """The delivery as a whole waits, as `problem` says, before anything of it can leave; empty: it does no more."""

    topic: ClassVar[str] = "delivery.waits"

    delivery_id: UUID
    retrieval_id: UUID
    problem: str = ""


class DeliveryCompleted(Event):
    """Every study of the delivery has settled; `complete` only when every expected instance was delivered.

    `problem` is what stopped the delivery as a whole, such as a destination that the configuration does not name.
    `findings` counts what the release check found in files that were therefore held back.
    """

    topic: ClassVar[str] = "delivery.completed"

    delivery_id: UUID
    retrieval_id: UUID
    state: DeliveryState
    expected: int
    delivered: int
    held_back: int = 0
    findings: int = 0
    problem: str = ""
