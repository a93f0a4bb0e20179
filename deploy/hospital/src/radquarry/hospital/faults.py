"""What the hospital does wrong. Everything is off by default and may be switched while it runs."""

from threading import Lock
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
MalformedKind = Literal[
    "long_uid", "bad_uid", "traversal_uid", "empty_uid", "garbage_values", "overlong_values", "duplicate"
]
FailureKind = Literal["500", "html", "error_bundle", "garbage", "timeout", "reset"]


class _Switches(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PacsFaults(_Switches):
    """Faults of the PACS. `…_every: n` hits each nth, 0 none; `…_share` hits the same part of all, by UID."""

    answer_limit: Count = 0
    answer_limit_status: Literal["0000", "FE00", "B001", "A700"] = "0000"
    max_associations: Count = 0
    abort_association_every: Count = 0
    abort_move_every: Count = 0
    fail_find_every: Count = 0
    answer_delay_ms: Count = 0
    association_delay_ms: Count = 0
    store_delay_ms: Count = 0
    ignore_cancel: bool = False
    charset: Literal["right", "wrong", "omitted"] = "right"
    empty_accession_share: Share = 0
    modalities_in_study: bool = True
    ignored_keys: tuple[str, ...] = ()
    withheld_keys: tuple[str, ...] = ()
    wildcards: Literal["right", "ignored", "literal"] = "right"
    relational: bool = True
    timeless_share: Share = 0
    lost_instances: Count = 0
    lost_share: Share = 1
    lost_asks: Count = 1
    nearline_share: Share = 0
    nearline_asks: Count = 1
    unknown_destinations: bool = False
    malformed_every: Count = 0
    malformed_kinds: tuple[MalformedKind, ...] = ("long_uid", "bad_uid", "traversal_uid", "empty_uid")
    hostile_instances: bool = False


class RisFaults(_Switches):
    """Faults of the RIS. Only requests under /fhir count for `fail_every`."""

    fail_every: Count = 0
    fail_with: tuple[FailureKind, ...] = ("500",)
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    delay_ms: Count = 0
    missing_share: Share = 0
    late_share: Share = 0
    late_asks: Count = 0
    late_seconds: Annotated[float, Field(ge=0)] = 0
    corrected_share: Share = 0
    corrected_asks: Count = 1
    huge_share: Share = 0
    empty_share: Share = 0


class FaultSettings(_Switches):
    """All faults, as they stand in YAML under `faults`."""

    pacs: PacsFaults = PacsFaults()
    ris: RisFaults = RisFaults()


class Faults:
    """The faults in force. Read `pacs` and `ris` anew for every decision; both are immutable snapshots."""

    def __init__(self, settings: FaultSettings) -> None:
        self._start = settings
        self._now = settings
        self._lock = Lock()

    @property
    def now(self) -> FaultSettings:
        """Everything in force."""
        return self._now

    @property
    def pacs(self) -> PacsFaults:
        """The PACS's faults in force."""
        return self._now.pacs

    @property
    def ris(self) -> RisFaults:
        """The RIS's faults in force."""
        return self._now.ris

    def switch(self, change: dict[str, Any]) -> FaultSettings:
        """Change the named faults, e.g. {"pacs": {"answer_limit": 40}}, and leave the others.

        Raises pydantic.ValidationError, changing nothing, when a name or value is unknown.
        """
        with self._lock:
            merged = self._now.model_dump()
            for part, switches in change.items():
                known = merged.get(part)
                both = isinstance(known, dict) and isinstance(switches, dict)
                merged[part] = known | switches if both else switches
            self._now = FaultSettings.model_validate(merged)
            return self._now

    def reset(self) -> FaultSettings:
        """Back to the faults the hospital started with."""
        with self._lock:
            self._now = self._start
            return self._now
