"""The keys the indexer reads."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from radquarry.configuration import file as configuration


class Settings(BaseModel):
    """Where the bus and the search store are."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    bus_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")


def load(file: Path | None) -> Settings:
    """From `radquarry.yaml` and the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
