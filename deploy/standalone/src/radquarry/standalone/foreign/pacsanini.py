"""pacsanini's configuration, YAML or JSON: https://github.com/Therapixel/pacsanini."""

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from radquarry.configuration.values import AeTitle, Host
from radquarry.standalone.foreign.clock import clock_of, day_of
from radquarry.standalone.foreign.tag_paths import checked_keyword
from radquarry.standalone.foreign.tag_table import Column
from radquarry.standalone.foreign.understanding import Capitals, Foreign, OrNothing, is_number, mend, understood
from radquarry.standalone.foreign.written import Written, read

SECTIONS = ("move", "net", "find", "storage", "tags", "email")
USUAL_FIELDS = ("Modality", "PatientName", "StudyDate", "StudyInstanceUID", "PatientID")
"""The columns when `search_fields` names none."""


def _clock(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    moment, note = clock_of(value, is_number=is_number(value))
    if is_number(value) and ":" in value:
        number = getattr(value, "meant", "")
        note = f"an unquoted {value} is the number {number} for a YAML reader; it is read as {moment:%H:%M}"
    mend(info, value, note)
    return moment


def _day(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        return value
    day, note = day_of(value)
    mend(info, value, note)
    return day


def _listed(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str):
        mend(info, value, "one text is read as a list, parted by commas or blanks")
        return value.replace(",", " ").split()
    return value


Day = Annotated[date, BeforeValidator(_day)]
Clock = Annotated[time, BeforeValidator(_clock)]
Level = Annotated[Literal["PATIENT", "STUDY"], Capitals]
Keyword = Annotated[str, BeforeValidator(lambda value: checked_keyword(str(value).strip()))]
Address = Annotated[Annotated[int, Field(ge=1, le=65535)] | None, OrNothing]


class Node(Foreign):
    """A DICOM node."""

    aetitle: AeTitle
    ip: Annotated[Host | None, OrNothing] = None
    port: Address = None
    has_net_info: bool | None = None


class Net(Foreign):
    """We, the PACS, and where it sends images."""

    local_node: Node
    called_node: Node
    dest_node: Node | None = None

    @property
    def destination(self) -> Node:
        """`dest_node`, else ourselves."""
        return self.dest_node or self.local_node

    @field_validator("called_node")
    @classmethod
    def _reachable(cls, node: Node) -> Node:
        if node.ip is None or node.port is None:
            raise ValueError("needs an ip and a port: it is the PACS that is called")
        return node


class Move(Foreign):
    """When images may be fetched; a window may cross midnight, none is always."""

    start_time: Clock | None = None
    end_time: Clock | None = None
    query_level: Level = "STUDY"

    @model_validator(mode="after")
    def _both(self) -> "Move":
        if (self.start_time is None) != (self.end_time is None):
            raise ValueError("start_time and end_time stand together, or neither does")
        return self

    @property
    def window(self) -> tuple[time, time] | None:
        """Begin and end; None when any time will do."""
        if self.start_time is None or self.end_time is None or self.start_time == self.end_time:
            return None
        return self.start_time, self.end_time


class Find(Foreign):
    """What is looked for, every day from `start_date` to `end_date`."""

    query_level: Level = "STUDY"
    search_fields: Annotated[tuple[Keyword, ...], BeforeValidator(_listed)] = ()
    start_date: Day
    end_date: Annotated[Day | None, OrNothing] = None
    modality: Annotated[str | None, Field(pattern=r"^[A-Z0-9_]{1,16}$"), OrNothing, Capitals] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Find":
        if self.last < self.start_date:
            raise ValueError("end_date lies before start_date")
        return self

    @property
    def last(self) -> date:
        """The last day; without `end_date` one day is asked for."""
        return self.end_date or self.start_date

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns, each once."""
        return tuple(dict.fromkeys(self.search_fields)) or USUAL_FIELDS


class Storage(Foreign):
    """Where things are put; paths are seen from the folder the command is started in, as pacsanini sees them."""

    resources: str
    resources_meta: Annotated[str | None, OrNothing] = "resources_meta.csv"
    directory: str = ""
    sort_by: Annotated[Literal["PATIENT", "STUDY", "IMAGE"], Capitals] = "PATIENT"


class Email(Foreign):
    """Understood, not used: radquarry sends no mail."""

    username: str = ""
    password: SecretStr = SecretStr("")
    host: str = ""
    port: Address = None


class Pacsanini(Foreign):
    """The whole file; what a command does not need may be missing."""

    move: Move | None = None
    net: Net | None = None
    find: Find | None = None
    storage: Storage | None = None
    tags: tuple[Column, ...] = ()
    email: Email | None = None

    def words(self) -> Iterator[str]:
        """What was understood, a line each."""
        if self.net:
            us, called = self.net.local_node.aetitle, self.net.called_node
            yield f"net: we are {us}; the PACS is {called.aetitle} at {called.ip}:{called.port}"
        if self.find:
            kind = f", {self.find.modality} only" if self.find.modality else ""
            rows = "patient" if self.find.query_level == "PATIENT" else "study"
            days = f"{self.find.start_date} to {self.find.last}"
            yield f"find: {days}{kind}, a row per {rows}: {', '.join(self.find.fields)}"
        if self.move:
            window = self.move.window
            when = f"{window[0]:%H:%M} to {window[1]:%H:%M}" if window else "at any time"
            yield f"move: {when}, by {self.move.query_level.lower()}"
        if self.storage:
            resources, folder = shown_address(self.storage.resources), self.storage.directory or "."
            yield f"storage: {resources}, files under {folder} by {self.storage.sort_by.lower()}"
        if self.tags:
            yield f"tags: {', '.join(column.name for column in self.tags)}"
        if self.email:
            yield "email: not used, radquarry sends no mail"


def read_pacsanini(file: Path) -> tuple[Pacsanini, list[str]]:
    """The configuration and what was mended in it. Raises `ConfigurationError` with what to mend by hand."""
    return understood_pacsanini(read(file))


def understood_pacsanini(written: Written) -> tuple[Pacsanini, list[str]]:
    """As `read_pacsanini`, of a file that was read."""
    settings = understood(Pacsanini, written)
    names = [column.name for column in settings.tags]
    twice = sorted({name for name in names if names.count(name) > 1})
    written.mended += [
        f"{written.place(('tags',))}: the column {name} stands twice: the last one counts" for name in twice
    ]
    return settings, written.mended


def shown_address(resources: str) -> str:
    """A path as it is; of a database's address only what is no password."""
    scheme, is_url, rest = resources.partition("://")
    return f"{scheme}://…{rest.rpartition('@')[2]}" if is_url and "@" in rest else resources
