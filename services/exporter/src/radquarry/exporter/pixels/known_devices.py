"""Devices that are known to write patient data into their pictures (data/NOTICE names the table's source)."""

from functools import cache
from importlib.resources import as_file, files

from radquarry.exporter.profile.profile_file import read_profile
from radquarry.exporter.profile.region import Region


@cache
def known_devices() -> tuple[Region, ...]:
    """The rows of the table, in the form of a profile's `regions`. Raises `ConfigurationError`, with row and line."""
    with as_file(files("radquarry.exporter.pixels") / "data/known_devices.yaml") as file:
        return read_profile(file).regions
