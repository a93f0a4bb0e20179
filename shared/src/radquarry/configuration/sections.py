"""The sections of `radquarry.yaml`. Each service's `settings.py` takes the ones it reads."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
)

from radquarry.configuration.week import WeekWindows

AeTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[^\\\x00-\x1f]+$"),
]
Port = Annotated[int, Field(ge=0, le=65535)]
Host = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s/\[\]]+$")]
"""A name or an address; an IPv6 address without brackets."""
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Authentication(Section):
    """Who may use the pages and the REST interface: lines `name:hash`, made by `radquarry password`.

    `administrators` are the names of those who may change the load of a PACS, stop and start it, and probe it; empty
    is everybody in the users file.
    """

    users_file: Path
    administrators: tuple[str, ...] = ()


class Api(Section):
    """The gateway. A host that is not loopback needs `authentication`."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    authentication: Authentication | None = None
    allowed_hosts: tuple[str, ...] = ()


class Node(Section):
    """Our STORE-SCP, and our calling AE title towards every PACS."""

    ae_title: AeTitle = "RADQUARRY"
    host: Host = "0.0.0.0"  # noqa: S104 - a PACS must reach us; callers are checked by AE title
    port: Port = 11112
    allowed_callers: tuple[AeTitle, ...] = ()
    """Calling AE titles that may store beside the configured PACS's own."""


class Load(Section):
    """How much traffic a PACS gets from all of us together."""

    associations: Annotated[int, Field(ge=1, le=64)] = 2
    studies_per_hour: Annotated[int, Field(ge=1)] | None = None
    windows: WeekWindows = WeekWindows()
    """When studies may be retrieved, as `mon-fri 20:00-08:00`; empty is always."""


class Pacs(Section):
    """One PACS as a peer."""

    ae_title: AeTitle
    host: Host
    port: Annotated[int, Field(ge=1, le=65535)]
    find_limit: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """The most answers one C-FIND gives; a page as long as this is never taken as complete."""
    charset: str = "ISO_IR 100"
    """Specific Character Set assumed when an answer names none."""
    load: Load = Load()
    timeout_seconds: Seconds = 60


class Ris(Section):
    """One RIS as a source of reports. This version reads `fhir`."""

    kind: Literal["fhir"]
    url: AnyHttpUrl
    token: SecretStr | None = None
    timeout_seconds: Seconds = 30
    parallel: Annotated[int, Field(ge=1, le=64)] = 8
    pacs: tuple[str, ...] = ()
    """Names of the PACS whose studies this RIS reports on; empty is all."""


class Archive(Section):
    """The identified images in the trusted zone."""

    keep_days: Annotated[int, Field(ge=0)] = 30
    reserve_gb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5


class Destination(Section):
    """Where deliveries go."""

    kind: Literal["directory", "dicom", "dicomweb"]
    path: Path | None = None
    url: AnyHttpUrl | None = None
    ae_title: AeTitle | None = None
    host: Host | None = None
    port: Port | None = None


Named = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Whole(Section):
    """Every key of `radquarry.yaml`."""

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    api: Api = Api()
    bus_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")
    state_url: SecretStr = SecretStr("sqlite")
    node: Node = Node()
    pacs: dict[Named, Pacs] = {}
    ris: dict[Named, Ris] = {}
    archive: Archive = Archive()
    destinations: dict[Named, Destination] = {}

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not a time zone of the IANA data base, such as Europe/Zurich")
        return name
