"""The keys storescp reads."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from radquarry.configuration import file as configuration
from radquarry.configuration.sections import Archive, Node, Pacs

GIGABYTE = 1000**3


class Settings(BaseModel):
    """What the receipt of images depends on."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    bus_url: SecretStr = SecretStr("sqlite")
    node: Node = Node()
    pacs: dict[str, Pacs] = {}
    archive: Archive = Archive()

    @property
    def reserve_bytes(self) -> float:
        """What is kept free on the disk."""
        return self.archive.reserve_gb * GIGABYTE


def load(file: Path | None) -> Settings:
    """The settings of `file` under the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
