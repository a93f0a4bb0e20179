"""The keys the api reads."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from radquarry.configuration import file as configuration
from radquarry.configuration.sections import Api, Named, Pacs


class Settings(BaseModel):
    """`pacs` are the names a crawl may ask; `timezone` is that of the hospital's dates."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    api: Api = Api()
    bus_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")
    state_url: SecretStr = SecretStr("sqlite")
    pacs: dict[Named, Pacs] = {}


def load(file: Path | None) -> Settings:
    """From `radquarry.yaml` and the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
