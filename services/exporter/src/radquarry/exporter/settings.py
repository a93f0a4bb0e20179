"""The keys the exporter reads, and the secret that all pseudonyms are made from: there is no default for it."""

import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from radquarry.configuration import file as configuration
from radquarry.configuration.sections import Archive, Deidentifying, Destination, Node
from radquarry.configuration.uploads import UploadedFiles
from radquarry.exporter.pseudonyms.keyed import KeyRefused
from radquarry.exporter.ways.pattern import Pattern

VARIABLE = "RADQUARRY_PSEUDONYM_KEY"


class Settings(BaseModel):
    """What deliveries depend on."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Path("./radquarry-data")
    bus_url: SecretStr = SecretStr("sqlite")
    state_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")
    node: Node = Node()
    archive: Archive = Archive()
    destinations: dict[str, Destination] = {}
    deidentification: Deidentifying = Deidentifying()
    files: UploadedFiles = UploadedFiles()

    @model_validator(mode="after")
    def _named(self) -> Self:
        for name, destination in self.destinations.items():
            try:
                Pattern.parsed(destination.pattern)
            except ValueError as fault:
                raise ValueError(f"destinations.{name}.{fault}") from None
        return self


def load(file: Path | None) -> Settings:
    """The settings of `file` under the environment; raises `ConfigurationError`."""
    return configuration.load(Settings, file, os.environ)


def secret(file: Path | None) -> bytes:
    """The key file's content without white space around it, else the variable's. Raises `KeyRefused`."""
    if file is not None:
        return content(file)
    if key := os.environ.get(VARIABLE, "").strip():
        return key.encode()
    raise KeyRefused(f"no key: name a file with --key-file, or set {VARIABLE}; make one: openssl rand -hex 32 > FILE")


def variable_secret() -> bytes | None:
    """The variable's, where it is set."""
    return os.environ.get(VARIABLE, "").strip().encode() or None


def content(file: Path) -> bytes:
    """Of a key file, without white space around it. Raises `KeyRefused`."""
    try:
        return file.read_bytes().strip()
    except OSError as error:
        raise KeyRefused(f"{file}: cannot be read: {error.strerror}") from None
