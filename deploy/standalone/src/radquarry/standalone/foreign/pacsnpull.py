"""pacs n pull's two files: a configuration and a list of queries: https://github.com/jacobmatthewmurray/pacsnpull."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.values import AeTitle, Host
from radquarry.standalone.foreign.tag_paths import checked_keyword
from radquarry.standalone.foreign.understanding import Capitals, Foreign, OrNothing, understood
from radquarry.standalone.foreign.written import Written, read, spelt

ANY_PACS = "ANY-SCP"
"""The AE title pacs n pull calls every PACS by: its configuration has no key for it."""
LEVELS = ("STUDY", "PATIENT", "SERIES", "IMAGE")

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(Foreign):
    """`host_*` is the PACS, `client_*` are we; `client_port`: where images arrive."""

    job_title: str = ""
    host_name: Annotated[AeTitle | None, OrNothing] = None
    host_ip: Host
    host_port: Port
    client_name: AeTitle
    client_ip: Annotated[Host | None, OrNothing] = None
    client_port: Annotated[Port | None, OrNothing] = None
    query_model: Annotated[Literal["S", "P"], Capitals] = "S"
    query_break_count: Annotated[int, Field(ge=0)] = 10
    """How many queries between pauses; 0: no pause."""
    dcm_storage_path: str = ""
    log_storage_path: str = ""
    dcm_path: str = ""
    log_path: str = ""
    qry_path: str = ""
    log_level: str = ""

    @property
    def called(self) -> str:
        """The AE title the PACS is called by."""
        return self.host_name or ANY_PACS

    def words(self) -> Iterator[str]:
        """What was understood, a line each."""
        root = "study root" if self.query_model == "S" else "patient root"
        yield f"we are {self.client_name}; the PACS is {self.called} at {self.host_ip}:{self.host_port}, {root}"
        if self.query_break_count:
            yield f"a pause after every {self.query_break_count} queries"


@dataclass(frozen=True)
class Query:
    """One object of the query file. `number` counts from 1 as they stand in the file."""

    number: int
    line: int
    keys: Mapping[str, str]

    @property
    def level(self) -> str:
        """Its QueryRetrieveLevel."""
        return self.keys["QueryRetrieveLevel"]


def read_pacsnpull(file: Path) -> tuple[Settings, list[str]]:
    """The configuration and what was mended in it. Raises `ConfigurationError`."""
    return understood_config(read(file))


def understood_config(written: Written) -> tuple[Settings, list[str]]:
    """As `read_pacsnpull`, of a file that was read."""
    return understood(Settings, written), written.mended


def read_queries(file: Path) -> tuple[tuple[Query, ...], list[str]]:
    """The queries and what was mended in them. Raises `ConfigurationError` with every fault by its line."""
    return understood_queries(read(file))


def understood_queries(written: Written) -> tuple[tuple[Query, ...], list[str]]:
    """As `read_queries`, of a file that was read."""
    if not isinstance(written.values, list) or not written.values:
        raise ConfigurationError([f"{written.file}:1: is not a list of queries, [{{DICOM keyword: value}}, …]"])
    queries = tuple(_query(written, place, value) for place, value in enumerate(written.values))
    if written.complaints:
        raise ConfigurationError(written.complaints)
    return queries, written.mended


def _query(written: Written, place: int, value: object) -> Query:
    line = written.lines.get((place,), 1)
    keys: dict[str, str] = {}
    for keyword, one in value.items() if isinstance(value, dict) else ():
        try:
            keys[checked_keyword(keyword)] = _text(one)
        except ValueError as fault:
            written.complaints.append(f"{written.place((place, keyword))}: query {spelt((place,))}: {fault}")
    level = keys.get("QueryRetrieveLevel", "").strip().upper()
    if level not in LEVELS:
        words = f"needs a QueryRetrieveLevel, one of {', '.join(LEVELS)}"
        written.complaints.append(f"{written.place((place, 'QueryRetrieveLevel'))}: query {spelt((place,))}: {words}")
    return Query(place + 1, line, {**keys, "QueryRetrieveLevel": level})


def _text(value: object) -> str:
    """A value, or several as DICOM joins them."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "\\".join(value)
    if isinstance(value, str):
        return str(value)
    raise ValueError("a value is text, a number, or a list of them")
