"""Rows of a RIS's database as reports and as rows of a list: column by column, whatever a driver makes of them."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from radquarry.dicom.uids import is_uid
from radquarry.messages import Report, Row
from radquarry.ris_fetcher.database import Record
from radquarry.ris_fetcher.report_text import Unreadable, decoded, kind_of, printable, text_of_html, tidy
from radquarry.ris_fetcher.rich_text import is_rtf, text_of_rtf

MOST_BYTES = 20_000_000
LONGEST_VALUE = 200
"""Characters of a number or name; what is longer is none."""
HTML = re.compile(r"\s*<(?:!doctype html|html|body|head|div|p|span|table|h[1-6]|pre|font|b|br)\b", re.IGNORECASE)
RTF_TYPES = ("application/rtf", "text/rtf", "text/richtext")
HTML_TYPES = ("text/html", "application/xhtml+xml")


def listed(number: int, record: Record) -> Row:
    """One row of the list. A StudyInstanceUID that is none, or a date that cannot be read, is left out."""
    uid = word(record.get("study_instance_uid"))
    return Row(
        number=number,
        accession_number=word(record.get("accession_number")),
        study_instance_uid=uid if is_uid(uid) else "",
        patient_id=word(record.get("patient_id")),
        study_date=day(record.get("study_date")),
        modality=word(record.get("modality")),
    )


def report(record: Record, zone: ZoneInfo) -> Report:
    """The report of a row. Raises `Unreadable`."""
    return Report(
        report_id=word(record.get("report_id")),
        text=text_of(record.get("text"), word(record.get("content_type"))),
        issued=moment(record.get("issued"), zone),
        status=word(record.get("status")),
        version=word(record.get("version")),
        language=word(record.get("language"))[:2].lower(),
        performer=word(record.get("performer")),
    )


def age(record: Record, zone: ZoneInfo) -> tuple[datetime, int, str]:
    """What orders the versions of a report: the latest issued, of one moment the highest version."""
    version = word(record.get("version"))
    return moment(record.get("issued"), zone), len(version), version


def text_of(value: object, content_type: str) -> str:
    """Plain text of a text or binary column: as its type says, else as it begins. Raises `Unreadable`."""
    if isinstance(value, str | bytes | bytearray | memoryview) and len(value) > MOST_BYTES:
        raise Unreadable(f"the report is longer than {MOST_BYTES // 1_000_000} MB")
    text = _text(value, content_type)
    kind = kind_of(content_type)
    if kind in RTF_TYPES or is_rtf(text):
        return text_of_rtf(text)
    if kind in HTML_TYPES or (not kind and HTML.match(text)):
        return text_of_html(text)
    if kind not in ("", "text/plain"):
        raise Unreadable(f"the report is {kind}, not text")
    return tidy(text)


def word(value: object) -> str:
    """A number or name as text, without padding and control characters."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return printable(_text(value, "")).strip()[:LONGEST_VALUE]


def day(value: object) -> date | None:
    """A date, the day of a moment, or text as `2024-05-31…` or `20240531…`; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = re.match(r"\s*(\d{4})-?(\d{2})-?(\d{2})", _text(value, ""))
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def moment(value: object, zone: ZoneInfo) -> datetime:
    """When it was; in the hospital's zone where it does not say, the beginning of time where it cannot be read."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=zone)
    if not isinstance(value, datetime):
        value = _read(_text(value, "").strip())
    try:
        return (value if value.tzinfo is not None else value.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _read(text: str) -> datetime:
    """ISO 8601, or HL7's and DICOM's `20240531123000`."""
    try:
        if re.fullmatch(r"\d{14}", text):
            text = f"{text[:8]}T{text[8:]}"
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _text(value: object, content_type: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return decoded(bytes(value), content_type)
    return str(value)
