"""The keys the api reads."""

import os
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from radquarry.api.listers import Lister, listers
from radquarry.configuration import file as configuration
from radquarry.configuration.ris import Ris
from radquarry.configuration.sections import Api, Archive, Deidentifying, Destination, Named, Pacs


class Settings(BaseModel):
    """`pacs` are the names a crawl may ask; `timezone` is that of the hospital's dates.

    Of `destinations` and of the profiles of `deidentification` orders name some; secrets among them are not used here.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    api: Api = Api()
    bus_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")
    state_url: SecretStr = SecretStr("sqlite")
    pacs: dict[Named, Pacs] = {}
    ris: dict[Named, Ris] = {}
    archive: Archive = Archive()
    destinations: dict[Named, Destination] = {}
    deidentification: Deidentifying = Deidentifying()

    @property
    def listing(self) -> dict[str, Lister]:
        """The RIS that can give lists of accession numbers."""
        return listers(self.ris)

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not a time zone of the IANA data base, such as Europe/Zurich")
        return name


def load(file: Path | None) -> Settings:
    """From `radquarry.yaml` and the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)
