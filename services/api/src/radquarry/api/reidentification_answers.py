"""The answer to a question who is behind pseudonyms, as the exporter leaves it in its file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from radquarry.api.problems import Problem

MOST_OF_AN_ANSWER = 8 * 1024 * 1024


class Original(BaseModel):
    """What a pseudonym stands for; `what` is the attribute by its keyword."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    pseudonym: str
    what: str = ""
    original: str


class Originals(BaseModel):
    """The answer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    originals: tuple[Original, ...]


def content_of(answer: Path) -> bytes:
    """Nothing where it is not there any more, or larger than any answer."""
    try:
        return answer.read_bytes() if answer.stat().st_size <= MOST_OF_AN_ANSWER else b""
    except FileNotFoundError:
        return b""


def originals_in(content: bytes) -> Originals:
    """Raises the problem to answer with where it is not what was agreed on."""
    try:
        return Originals.model_validate_json(content)
    except ValidationError:
        raise Problem(
            409, "unreadable", "Unreadable", "The answer cannot be read, and has been removed: ask again."
        ) from None
