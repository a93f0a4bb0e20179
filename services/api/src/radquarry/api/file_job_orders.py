"""What a form with files asks for: de-identification, a preview of it, or conversion."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import ValidationError

from radquarry.api.exchange import no_files, safe_name
from radquarry.api.multipart import Form
from radquarry.api.problems import invalid
from radquarry.messages import ConvertFiles, Deidentification, DeidentifyFiles, GivenAttribute, PreviewFiles

JobKind = Literal["deidentification", "preview", "conversion"]
Format = Literal["", "dicom", "nifti", "png", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
MOST_ATTRIBUTES = 200
YES, NO = frozenset({"true", "on", "1", "yes"}), frozenset({"", "false", "off", "0", "no"})
_LINE = re.compile(r"\s*([A-Za-z0-9]+)\s*[=:](.*)", re.DOTALL)


@dataclass(frozen=True)
class FilesOrder:
    """What is to be done with files at hand, by their names and sizes in bytes."""

    kind: JobKind
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    project: str = ""
    profile: str = ""
    mapping: bool = False
    to: Format = ""
    attributes: tuple[tuple[str, str], ...] = ()
    table: str = ""

    @classmethod
    def of(cls, kind: JobKind, form: Form, names: Sequence[str], sizes: Sequence[int]) -> "FilesOrder":
        """As it was sent; raises the problem that says what to mend."""
        if not names:
            raise no_files()
        texts, common = form.texts, (kind, tuple(names), tuple(sizes))
        if kind == "preview" and len(names) > 1:
            raise invalid("A preview is of one file: send a single one.")
        if kind != "conversion":
            project = texts.get("project", "").strip() or "default"
            mapping = kind == "deidentification" and _yes(texts.get("mapping", ""))
            order = cls(*common, project=project, profile=texts.get("profile", "").strip(), mapping=mapping)
        else:
            attributes = _attributes(texts.get("attributes", ""))
            order = cls(*common, to=_format(texts.get("to", "")), attributes=attributes, table=_table(form, names))
        order.command(UUID(int=0), "")
        return order

    def command(self, job_id: UUID, user: str) -> DeidentifyFiles | PreviewFiles | ConvertFiles:
        """The message to the exporter; raises the problem that says what to mend."""
        about: dict[str, Any] = {"trail": job_id, "job_id": job_id, "requested_by": user}
        try:
            if self.kind != "conversion":
                how = Deidentification(project=self.project, profile=self.profile)
                if self.kind == "preview":
                    return PreviewFiles(**about, deidentify=how)
                return DeidentifyFiles(**about, deidentify=how, mapping=self.mapping)
            given = tuple(GivenAttribute(keyword=keyword, value=value) for keyword, value in self.attributes)
            return ConvertFiles(**about, to=self.to, attributes=given, table=self.table)
        except ValidationError as error:
            places = sorted({str(part) for fault in error.errors() for part in fault["loc"] if isinstance(part, str)})
            raise invalid(f"{', '.join(places)}: {_HOW.get(places[-1], 'does not fit.')}") from None

    @property
    def about(self) -> dict[str, Any]:
        """What pages show of it: no value of an attribute, which may be a patient's."""
        keywords = [keyword for keyword, _ in self.attributes]
        shown = {"project": self.project, "profile": self.profile, "mapping": self.mapping, "to": self.to}
        return shown | {"attributes": keywords, "table": self.table}


_HOW = {
    "project": "letters, digits, _ and -, at most 64.",
    "keyword": "attributes are named by their DICOM keywords, such as PatientID (PS3.6).",
}


def _yes(text: str) -> bool:
    if text.strip().lower() in YES:
        return True
    if text.strip().lower() in NO:
        return False
    raise invalid("mapping is true or false.")


def _format(text: str) -> Format:
    found: Format | None = next((each for each in FORMATS if each == text.strip().lower()), None)
    if found is None:
        raise invalid(f"to is one of {', '.join(FORMATS[1:])}, or left out.")
    return found


def _attributes(text: str) -> tuple[tuple[str, str], ...]:
    """A JSON object, or lines `Keyword = value`."""
    given = _object(text) if text.lstrip().startswith("{") else _lines(text)
    if len(given) > MOST_ATTRIBUTES:
        raise invalid(f"attributes names at most {MOST_ATTRIBUTES} attributes.")
    return given


def _object(text: str) -> tuple[tuple[str, str], ...]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("attributes is no JSON object.") from None
    if not all(isinstance(value, str | int | float) for value in found.values()):
        raise invalid("attributes is a JSON object of texts, by DICOM keyword.")
    return tuple((keyword, str(value)) for keyword, value in found.items())


def _lines(text: str) -> tuple[tuple[str, str], ...]:
    lines = [line for line in text.splitlines() if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        raise invalid(f"Line {found.index(None) + 1} of attributes is not of the form Keyword = value.")
    return tuple((line[1], line[2].strip()) for line in found if line)


def _table(form: Form, names: Sequence[str]) -> str:
    """The name of a file that was sent: as the file of the field `table`, or by its name."""
    number = form.number_of("table")
    told = form.texts.get("table", "").strip()
    name = names[number - 1] if number else told and safe_name(told)
    if not name:
        return ""
    if names.count(name) != 1:
        raise invalid("table names one of the files that are sent, and no two of them may have its name.")
    return name
