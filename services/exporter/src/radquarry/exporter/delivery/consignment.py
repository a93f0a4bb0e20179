"""A delivery and one of its studies, as their rows say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from radquarry.messages import Deidentification, DeliveryRequested, DeliveryState


@dataclass(frozen=True)
class Consignment:
    """Columns of `exporter_deliveries` that the work needs."""

    delivery_id: UUID
    order_id: UUID
    trail: UUID
    retrieval_id: UUID
    destination: str
    deidentify: Deidentification | None = None
    reports: bool = False
    mapping: bool = False
    problem: str = ""
    parcels: int = 0
    attempts: int = 0

    @classmethod
    def of(cls, row: Any) -> "Consignment":
        """From its row."""
        return cls(
            delivery_id=UUID(row.delivery_id),
            order_id=UUID(row.order_id),
            trail=UUID(row.trail),
            retrieval_id=UUID(row.retrieval_id),
            destination=row.destination,
            deidentify=Deidentification.model_validate_json(row.deidentify) if row.deidentify else None,
            reports=row.reports,
            mapping=row.mapping,
            problem=row.problem,
            parcels=row.parcels,
            attempts=row.attempts,
        )

    @classmethod
    def ordered(cls, order: DeliveryRequested) -> "Consignment":
        """As it was ordered."""
        return cls(
            delivery_id=order.delivery_id,
            order_id=order.id,
            trail=order.trail,
            retrieval_id=order.retrieval_id,
            destination=order.destination,
            deidentify=order.deidentify,
            reports=order.reports,
            mapping=order.mapping,
        )


@dataclass(frozen=True)
class Part:
    """Columns of `exporter_studies`, with those of its delivery; the counts are the ledger's."""

    of: Consignment
    study_instance_uid: str
    state: DeliveryState = "requested"
    expected: int | None = None
    delivered: int = 0
    held_back: int = 0
    problem: str = ""
    lack: str = ""
    again_at: datetime | None = None
    revision: int = 0
