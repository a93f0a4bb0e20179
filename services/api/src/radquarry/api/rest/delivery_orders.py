"""What a delivery can be asked for over REST, by itself or beside a retrieval."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from radquarry.api.delivery_views import DeliveryOrder
from radquarry.api.problems import invalid
from radquarry.api.rest.uids import Uid
from radquarry.api.retrieval_views import MOST_STUDIES
from radquarry.messages import Deidentification
from radquarry.messages.deliveries import ProjectName

EXAMPLES: list[Any] = [
    {"retrieval": "5b7e4f86-3f0b-4b7c-a7a6-9a0b0d2f4c55", "destination": "research", "deidentify": True},
    {
        "retrieval": "5b7e4f86-3f0b-4b7c-a7a6-9a0b0d2f4c55",
        "destination": "research",
        "deidentify": {"project": "lung-2024", "profile": "keep-dates"},
        "studies": ["1.2.826.0.1.3680043.8.498.1"],
        "reports": True,
        "mapping": True,
    },
]


class Deidentify(BaseModel):
    """How: pseudonyms and date shift belong to the project, another one's cannot be linked with them."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project: ProjectName = "default"
    profile: str = Field("", max_length=64, description="Of `deidentification.profiles`; empty is the usual one.")


class DeliveryChoice(BaseModel):
    """How images leave, where they leave at all."""

    deidentify: bool | Deidentify = Field(
        default=False,
        description="`true` is with the usual profile. Without it images leave identified: administrators may order "
        "that, to destinations with `identified: true`.",
    )
    reports: bool = Field(default=False, description="Their reports leave too: to a directory.")
    mapping: bool = Field(
        default=False,
        description="The table of originals and pseudonyms is written, never into the delivery; for administrators.",
    )

    def leaving(self, destination: str, studies: tuple[str, ...] = ()) -> DeliveryOrder:
        """The order."""
        return DeliveryOrder(destination, self._how(), studies, self.reports, self.mapping)

    def check_alone(self) -> None:
        """Raises the problem to answer with where something is said of a delivery that is none."""
        said = [name for name in DeliveryChoice.model_fields if getattr(self, name)]
        if said:
            raise invalid(
                f"{' and '.join(said)} without destination: images are retrieved into the archive as they are, and "
                "only what leaves is de-identified. Name a destination (GET /destinations lists them), or leave it out."
            )

    def _how(self) -> Deidentification | None:
        if isinstance(self.deidentify, Deidentify):
            return Deidentification(project=self.deidentify.project, profile=self.deidentify.profile)
        return Deidentification() if self.deidentify else None


class DeliveryRequest(DeliveryChoice):
    """What of a retrieval goes where; a retrieval under way is delivered study by study as it comes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": EXAMPLES})

    retrieval: UUID
    destination: str = Field(max_length=64)
    studies: tuple[Uid, ...] = Field((), max_length=MOST_STUDIES, description="None named: every study of it.")

    def wanted(self) -> DeliveryOrder:
        """The order."""
        return self.leaving(self.destination, tuple(dict.fromkeys(self.studies)))
