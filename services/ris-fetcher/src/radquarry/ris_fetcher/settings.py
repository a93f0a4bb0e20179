"""What the ris-fetcher reads of the configuration."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from radquarry.configuration import file as configuration
from radquarry.configuration.ris import Ris
from radquarry.configuration.sections import Named


class Settings(BaseModel):
    """Where the bus and the state store are, the sources of reports, and the hospital's time zone."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    bus_url: SecretStr = SecretStr("sqlite")
    state_url: SecretStr = SecretStr("sqlite")
    ris: dict[Named, Ris] = {}


def load(file: Path | None) -> Settings:
    """The settings from a file and the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
