"""The hospital's knobs. One YAML file; unknown keys are refused."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydicom.charset import python_encoding

from radquarry.hospital.faults import FaultSettings, Share

Port = Annotated[int, Field(ge=0, le=65535)]
AeTitle = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[ -\[\]-~]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


Root = Literal["patient", "study"]
Service = Literal["find", "move", "get"]
Level = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]


class PacsSettings(_Part):
    """The Q/R SCP. `destinations` maps a C-MOVE destination's AE title to `host:port`."""

    host: str = "127.0.0.1"
    port: Port = 0
    ae_title: AeTitle = "HOSPITAL"
    charset: str = "ISO_IR 100"
    destinations: dict[str, str] = {}
    calling_ae_titles: list[AeTitle] = []
    check_called_ae_title: bool = False
    roots: tuple[Root, ...] = ("patient", "study")
    services: tuple[Service, ...] = ("find", "move", "get")
    levels: tuple[Level, ...] = ("PATIENT", "STUDY", "SERIES", "IMAGE")

    @field_validator("charset")
    @classmethod
    def _known_charset(cls, term: str) -> str:
        if term not in python_encoding:
            raise ValueError(f"no character set {term!r}; ISO_IR 100 and ISO_IR 192 are usual")
        return term

    @field_validator("destinations")
    @classmethod
    def _with_host_and_port(cls, destinations: dict[str, str]) -> dict[str, str]:
        for ae_title, text in destinations.items():
            host, _, port = text.rpartition(":")
            if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
                raise ValueError(f"destination {ae_title}: {text!r} is not host:port")
        return destinations


class RisSettings(_Part):
    """The FHIR server. `page_size` is the largest and default number of entries in one bundle."""

    host: str = "127.0.0.1"
    port: Port = 0
    page_size: Annotated[int, Field(ge=1)] = 50
    german_share: Share = 0.55
    wrong_study_uid_share: Share = 0.03


class HospitalSettings(_Part):
    """Everything about one simulated hospital."""

    seed: Annotated[int, Field(ge=0, lt=10**9)] = 1
    studies: Annotated[int, Field(ge=0, le=1_000_000)] = 4000
    end_date: date | None = None
    days: Annotated[int, Field(ge=1)] = 730
    timezone: str = "Europe/Zurich"
    pixels: Annotated[int, Field(ge=16, le=2048)] = 192
    samples: bool = True
    empty_accession_share: Share = 0.02
    respelt_accession_share: Share = 0.05
    same_second_share: Share = 0.04
    studies_per_second: Annotated[int, Field(ge=1)] = 1
    pacs: PacsSettings = PacsSettings()
    ris: RisSettings = RisSettings()
    faults: FaultSettings = FaultSettings()

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError):
            raise ValueError(f"no time zone {name!r}") from None
        return name


def read_settings(path: Path | None, overrides: dict[str, Any]) -> HospitalSettings:
    """The settings of a YAML file (or the defaults) with `overrides` (nested dicts) laid over them.

    Raises OSError for a file that cannot be read and ValueError for one that makes no sense.
    """
    try:
        written = yaml.safe_load(path.read_text("utf-8")) if path else None
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if written is not None and not isinstance(written, dict):
        raise ValueError(f"{path} holds no settings: it must be a mapping of keys to values")
    return HospitalSettings.model_validate(_laid_over(written or {}, overrides))


def heartbeat_file() -> Path | None:
    """The file to touch while the process lives, from RADQUARRY_HEARTBEAT; None when nobody watches."""
    name = os.environ.get("RADQUARRY_HEARTBEAT")
    return Path(name) if name else None


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        merged[key] = _laid_over(beneath, value) if isinstance(beneath, dict) and isinstance(value, dict) else value
    return merged
