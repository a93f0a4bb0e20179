"""The sections of `radquarry.yaml`. Each service's `settings.py` takes the ones it reads."""

import re
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import (
    AnyHttpUrl,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from radquarry.configuration.ris import Ris
from radquarry.configuration.section import Section
from radquarry.configuration.uploads import UploadedFiles
from radquarry.configuration.values import AeTitle, Caller, Host, Port, Seconds
from radquarry.configuration.week import WeekWindows

USUAL_DAYS = 14


class Authentication(Section):
    """Who may use the pages and the REST interface: lines `name:hash`, made by `radquarry password`.

    `administrators` are the names of those who may change the load of a PACS, stop and start it, and probe it; empty
    is everybody in the users file. A question who is behind a pseudonym waits `decision_days` for one of them.
    """

    users_file: Path
    administrators: tuple[str, ...] = ()
    decision_days: Annotated[int, Field(ge=1, le=365)] = USUAL_DAYS


class Api(Section):
    """The gateway. A host that is not loopback needs `authentication`."""

    host: Host = "127.0.0.1"
    port: Port = 8000
    authentication: Authentication | None = None
    allowed_hosts: tuple[str, ...] = ()
    viewer_dir: Path | None = None
    """Where `make viewer` put the viewer of the images; without it `viewer` in `data_dir`."""


class NodeTls(Section):
    """TLS for those who send to us; with a `ca`, their certificates must be signed by it. PEM files."""

    certificate: Path
    key: Path
    ca: Path | None = None


class Node(Section):
    """Our STORE-SCP, and our calling AE title towards every PACS."""

    inner_host: Host | None = None
    """Where our own mover reaches it with what came by C-GET or WADO-RS; without it at `host`, or on loopback."""
    ae_title: AeTitle = "RADQUARRY"
    host: Host = "0.0.0.0"  # noqa: S104 - a PACS must reach us; callers are checked by AE title and address
    port: Port = 11112
    allowed_callers: tuple[Caller, ...] = ()
    """Who may store beside the configured PACS, which may from their `host`."""
    associations: Annotated[int, Field(ge=1, le=1000)] = 50
    """Senders at once."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """That receive; one takes what a disk can, unless its processors are slow."""
    tls: NodeTls | None = None


MOST_ASSOCIATIONS = 64


class Load(Section):
    """How much traffic a PACS gets from all of us together."""

    associations: Annotated[int, Field(ge=1, le=MOST_ASSOCIATIONS)] = 2
    requests_per_hour: Annotated[int, Field(ge=1)] | None = None
    """C-FIND, C-MOVE and C-GET requests, and C-ECHO."""
    studies_per_hour: Annotated[int, Field(ge=1)] | None = None
    """Studies whose retrieval is begun."""
    windows: WeekWindows = WeekWindows()
    """When anything may be asked, as `mon-fri 20:00-08:00`; empty is always."""
    holidays: tuple[date, ...] = ()
    """Days on which the windows of Sunday begin instead of their own."""


def _clock(value: object) -> object:
    """YAML reads an unquoted 20:00 as 1200, which is its minutes."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return time(value // 60, value % 60)
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)(?::00)?\s*", value)):
        return time(int(found[1]), int(found[2]))
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError("is no time of the day such as 01:00")


Clock = Annotated[time, BeforeValidator(_clock, json_schema_input_type=str)]
"""A time of the day in `timezone`, to the minute."""


class Follow(Section):
    """Every night a crawl of the day that is over, and visits of days gone by, without anybody's order."""

    at: Clock = time(1, 0)
    days: tuple[Annotated[int, Field(ge=1, le=36_500)], ...] = (1, 7, 30, 365)
    """A day is visited again so many days after its first visit."""


class PeerTls(Section):
    """DICOM in TLS, as a caller; PEM files.

    The peer's certificate must be signed by `ca` (by the system's without it) and name its `host`, unless
    `verify_host` is false. With `certificate` and `key` we show one, too.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verify_host: bool = True

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("has one of certificate and key, and needs both or neither")
        return self


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
    retrieve: Literal["auto", "c-move", "c-get", "wado-rs"] = "auto"
    """How images are fetched; `auto` begins with C-MOVE and goes on with what else the PACS offers."""
    wado_url: AnyHttpUrl | None = None
    """The base of its DICOMweb service (PS3.18), before `/studies`."""
    wado_token: SecretStr | None = None
    """Sent there as a bearer token."""
    tls: PeerTls | None = None
    follow: Follow | None = None
    """`{}` follows the archive with these defaults; without it nothing is crawled that nobody ordered."""

    @model_validator(mode="after")
    def _knows_where(self) -> Self:
        if self.retrieve == "wado-rs" and self.wado_url is None:
            raise ValueError("retrieve: wado-rs needs wado_url")
        return self


class Archive(Section):
    """The identified images in the trusted zone."""

    keep_days: Annotated[int, Field(ge=0)] = 30
    reserve_gb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5


class Destination(Section):
    """Where deliveries go."""

    kind: Literal["directory", "dicom", "dicomweb"]
    path: Path | None = None
    """Of a directory."""
    pattern: str = "{patient_id}/{study_instance_uid}/{series_instance_uid}/{sop_instance_uid}.dcm"
    """Where a file lies in a directory; attributes of what leaves, by their DICOM keyword in snake case."""
    zip: bool = False
    """A directory gets one zip archive for each delivery, encrypted (AES-256) where there is a `password`."""
    url: AnyHttpUrl | None = None
    """The base of a DICOMweb service (PS3.18), before `/studies`."""
    token: SecretStr | None = None
    """Sent to a DICOMweb service as a bearer token."""
    user: str = ""
    password: SecretStr | None = None
    """Of `user` at a DICOMweb service, or of the zip archives."""
    ae_title: AeTitle | None = None
    host: Host | None = None
    port: Port | None = None
    tls: PeerTls | None = None
    """DICOM in TLS; of a DICOMweb service its `ca`, `certificate` and `key`."""
    storage_commitment: bool = False
    """Whether a DICOM node is asked to answer for what it took (PS3.4 annex J) before that counts as delivered."""
    commitment_port: Port | None = None
    """Where we listen for that answer; without it the node must give it over the association that asked."""
    timeout_seconds: Seconds = 60
    identified: bool = True
    """Whether images may go there that are not de-identified."""

    @model_validator(mode="after")
    def _knows_where(self) -> Self:
        needed = {"directory": ("path",), "dicom": ("ae_title", "host", "port"), "dicomweb": ("url",)}[self.kind]
        if missing := [name for name in needed if getattr(self, name) is None]:
            raise ValueError(f"kind: {self.kind} needs {' and '.join(missing)}")
        return self


Named = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class Deidentifying(Section):
    """How deliveries are de-identified.

    `key_file` holds the secret that all pseudonyms come from; without it one is made, `{data_dir}/pseudonym-key`.
    """

    key_file: Path | None = None
    profiles: dict[Named, Path] = Field(default_factory=dict)
    """Profiles by the name that an order calls them by."""
    processes: Annotated[int, Field(ge=1, le=64)] = 1
    """That clean at once."""


class Whole(Section):
    """Every key of `radquarry.yaml`."""

    data_dir: Path = Path("./radquarry-data")
    timezone: str = "UTC"
    api: Api = Api()
    bus_url: SecretStr = SecretStr("sqlite")
    index_url: SecretStr = SecretStr("tantivy")
    state_url: SecretStr = SecretStr("sqlite")
    node: Node = Node()
    pacs: dict[Named, Pacs] = Field(default_factory=dict)
    ris: dict[Named, Ris] = Field(default_factory=dict)
    archive: Archive = Archive()
    destinations: dict[Named, Destination] = Field(default_factory=dict)
    deidentification: Deidentifying = Deidentifying()
    files: UploadedFiles = UploadedFiles()

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not a time zone of the IANA data base, such as Europe/Zurich")
        return name
