"""What a profile would do to an uploaded file, as the exporter leaves it: attribute by attribute."""

import asyncio
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from radquarry.api.problems import Problem

MOST_OF_A_PREVIEW = 64 * 1024**2
What = Literal["changed", "emptied", "removed", "added", "kept"]


class PreviewedAttribute(BaseModel):
    """One attribute: where it is, what happens to it, its value before and after as a person reads it."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    where: str
    what: What
    before: str
    after: str


class Preview(BaseModel):
    """What would be done to a file, in its order; those that are added come last."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    held_back: str = Field("", description="Why the file could not leave, as far as it is known before its check.")
    pixels_cleaned: bool = Field(default=False, description="Its pixels would be read, and texts in them blanked.")
    changes: tuple[PreviewedAttribute, ...] = ()
    more: int = Field(0, description="Attributes that are not among them: there were too many.")


async def preview_in(file: Path) -> Preview:
    """Raises the problem to show where it cannot be read, or is gone."""
    return await asyncio.to_thread(_read, file)


def _read(file: Path) -> Preview:
    try:
        if file.stat().st_size > MOST_OF_A_PREVIEW:
            raise _unreadable()
        return Preview.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        raise _unreadable() from None


def _unreadable() -> Problem:
    return Problem(409, "unreadable", "Unreadable", "The preview cannot be read: bring the file again.")
