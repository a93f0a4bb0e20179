"""The keys the mover reads."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from radquarry.configuration import file as configuration
from radquarry.configuration.sections import Archive, Node, Pacs


class Settings(BaseModel):
    """What retrievals depend on."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    bus_url: SecretStr = SecretStr("sqlite")
    state_url: SecretStr = SecretStr("sqlite")
    node: Node = Node()
    pacs: dict[str, Pacs] = {}
    archive: Archive = Archive()


def load(file: Path | None) -> Settings:
    """The settings of `file` under the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
