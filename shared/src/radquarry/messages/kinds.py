"""The two kinds of message, and what every message carries."""

from datetime import UTC, datetime
from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Message(BaseModel):
    """What services say to each other.

    `id` names this message, `cause` the one it answers, `trail` the order at the head of the chain
    (the crawl's or the retrieval's id), so that logs and pages can show a message's way.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    topic: ClassVar[str]

    id: UUID = Field(default_factory=uuid4)
    cause: UUID | None = None
    trail: UUID = Field(default_factory=uuid4)
    sent_at: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def after(cls, cause: "Message", **fields: Any) -> Self:
        """This kind of message, as an answer to `cause`."""
        return cls(cause=cause.id, trail=cause.trail, **fields)


class Command(Message):
    """Work to do. Exactly one service answers it."""


class Event(Message):
    """Something that happened. Anyone may listen."""
