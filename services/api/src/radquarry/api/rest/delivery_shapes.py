"""The documented shapes of deliveries."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.delivery_views import DeliveryView, Fate
from radquarry.api.rest.delivery_orders import Deidentify
from radquarry.messages import DeliveryState


class DeliveredInstances(BaseModel):
    """Counts over all studies; what is not known to be expected yet is not counted."""

    expected: int
    delivered: int
    held_back: int = Field(description="They may not leave.")
    missing: int = Field(description="The others that are not there.")


def _empty(value: object) -> bool:
    return not value


class DeliveredStudy(BaseModel):
    """Where one study stands; `expected` is null until it is known."""

    study_instance_uid: str
    state: DeliveryState
    expected: int | None
    delivered: int
    held_back: int
    problem: str = Field("", exclude_if=_empty)
    again_at: datetime | None = Field(
        None, exclude_if=_empty, description="What did not arrive is tried again then by itself."
    )


class NotDelivered(BaseModel):
    """So many instances did not arrive for this reason."""

    state: Fate = Field(description="`missing`: the retrieval did not bring it; `failed`: the destination took it not.")
    problem: str
    instances: int


EXAMPLE: dict[str, Any] = {
    "id": "8a54cd54-2f36-4a53-8d04-8fa38ee2a6d5",
    "retrieval": "5b7e4f86-3f0b-4b7c-a7a6-9a0b0d2f4c55",
    "destination": "research",
    "deidentify": {"project": "default", "profile": ""},
    "reports": False,
    "mapping": False,
    "state": "incomplete",
    "instances": {"expected": 412, "delivered": 410, "held_back": 2, "missing": 0},
    "findings": 0,
    "studies_total": 1,
    "studies_settled": 1,
    "requested_by": "anna",
    "requested_at": "2024-06-28T18:12:00Z",
    "studies": [
        {
            "study_instance_uid": "1.2.826.0.1.3680043.8.498.1",
            "state": "incomplete",
            "expected": 412,
            "delivered": 410,
            "held_back": 2,
            "problem": "2 images were held back",
        }
    ],
    "not_delivered": [{"state": "held back", "problem": "text in the pixels is likely", "instances": 2}],
}


class ListedDelivery(BaseModel):
    """A delivery in the list."""

    id: UUID
    retrieval: UUID
    destination: str
    deidentify: Deidentify | None = Field(description="Null: identified.")
    reports: bool
    mapping: bool
    state: DeliveryState
    instances: DeliveredInstances
    findings: int = Field(description="Of the release check, in files that were held back.")
    studies_total: int
    studies_settled: int
    requested_by: str
    requested_at: datetime
    problem: str = Field(
        "", exclude_if=_empty, description="What stopped the delivery as a whole, or what it waits for."
    )


class Delivery(ListedDelivery):
    """Where a delivery stands: `complete` only when every expected instance was delivered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    studies: tuple[DeliveredStudy, ...]
    not_delivered: tuple[NotDelivered, ...] = Field(
        description="Of studies that have settled, the most frequent first."
    )


class DeliveryPage(BaseModel):
    """One page of deliveries, newest first."""

    items: tuple[ListedDelivery, ...]
    after: str | None


class DestinationShown(BaseModel):
    """A destination of the configuration."""

    name: str
    kind: Literal["directory", "dicom", "dicomweb"]
    identified: bool = Field(description="Whether images may go there that are not de-identified.")


class DestinationList(BaseModel):
    """Every destination, by name."""

    items: tuple[DestinationShown, ...]


def _fields(view: DeliveryView) -> dict[str, Any]:
    how, counts = view.deidentify, ("expected", "delivered", "held_back", "missing")
    own = ("id", "destination", "reports", "mapping", "state", "findings", "studies_total", "studies_settled")
    return {name: getattr(view, name) for name in (*own, "requested_by", "requested_at")} | {
        "retrieval": view.retrieval_id,
        "deidentify": how and Deidentify.model_construct(project=how.project, profile=how.profile),
        "instances": DeliveredInstances(**{name: getattr(view, name) for name in counts}),
        "problem": view.refused or view.problem,
    }


def listed(view: DeliveryView) -> ListedDelivery:
    """The documented shape in the list."""
    return ListedDelivery.model_construct(**_fields(view))


def shown(view: DeliveryView) -> Delivery:
    """The documented shape."""
    studies = tuple(DeliveredStudy.model_construct(**vars(study)) for study in view.studies)
    causes = tuple(NotDelivered.model_construct(**vars(cause)) for cause in view.causes)
    return Delivery.model_construct(**_fields(view), studies=studies, not_delivered=causes)
