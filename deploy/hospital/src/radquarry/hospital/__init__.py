"""A simulated hospital for the demo, tests and rehearsals."""

from radquarry.hospital.faults import FaultSettings, PacsFaults, RisFaults
from radquarry.hospital.findings import Assertion
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings, PacsSettings, RisSettings, read_settings

__all__ = [
    "Assertion",
    "FaultSettings",
    "Hospital",
    "HospitalSettings",
    "PacsFaults",
    "PacsSettings",
    "RisFaults",
    "RisSettings",
    "read_settings",
]
