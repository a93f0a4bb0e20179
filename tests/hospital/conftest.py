"""Hospitals for tests: one shared and untouched, and as many of one's own as a test wants."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest
from pydicom.uid import ExplicitVRLittleEndian

from radquarry.hospital import (
    FaultSettings,
    Hospital,
    HospitalSettings,
    PacsFaults,
    PacsSettings,
    RisFaults,
    RisSettings,
)
from radquarry.hospital.objects import SOP_CLASSES

PLAIN_KINDS = {(sop_class, str(ExplicitVRLittleEndian)) for sop_class in SOP_CLASSES.values()}
OpenHospital = Callable[..., Hospital]


def settings(**changes: Any) -> HospitalSettings:
    """A small hospital with a fixed calendar: 420 studies in 60 days up to 31 May 2025."""
    faults = FaultSettings(
        pacs=PacsFaults(**changes.pop("pacs_faults", {})), ris=RisFaults(**changes.pop("ris_faults", {}))
    )
    usual: dict[str, Any] = {
        "studies": 420,
        "days": 60,
        "end_date": date(2025, 5, 31),
        "pixels": 32,
        "samples": False,
        "pacs": PacsSettings(**changes.pop("pacs", {})),
        "ris": RisSettings(**changes.pop("ris", {})),
        "faults": faults,
    }
    return HospitalSettings(**usual | changes)


@pytest.fixture(scope="module")
def hospital() -> Iterator[Hospital]:
    """Nobody switches faults here."""
    with Hospital(settings()) as opened:
        yield opened


@pytest.fixture
def open_hospital() -> Iterator[OpenHospital]:
    """Opens hospitals that are closed after the test."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(Hospital(settings(**changes)))
