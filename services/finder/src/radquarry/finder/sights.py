"""What is kept of the studies of a day between two visits: each as it was last answered, small enough for millions."""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from radquarry.messages import Study


class Sight(BaseModel):
    """A study as the PACS answered it, series included, and when."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    study: Study
    seen_at: AwareDatetime


Sights = Mapping[str, Sight]
"""StudyInstanceUID → its latest sight."""

_SIGHTS = TypeAdapter(tuple[Sight, ...])
_STUDY = TypeAdapter(Study)


def packed(sights: Sights) -> bytes:
    """About a tenth of the JSON: studies of a day are much alike."""
    ordered = tuple(sights[uid] for uid in sorted(sights))
    return zlib.compress(_SIGHTS.dump_json(ordered, exclude_defaults=True))


def unpacked(stored: bytes) -> dict[str, Sight]:
    """The inverse of `packed`."""
    return {sight.study.study_instance_uid: sight for sight in _SIGHTS.validate_json(zlib.decompress(stored))}


def packed_study(study: Study) -> bytes:
    """One study alone."""
    return zlib.compress(_STUDY.dump_json(study, exclude_defaults=True))


def unpacked_study(stored: bytes) -> Study:
    """The inverse of `packed_study`."""
    return _STUDY.validate_json(zlib.decompress(stored))


def in_utc(stored: datetime) -> datetime:
    """SQLite gives moments back without their time zone."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)
