"""FHIR R4 resources as a RIS gives them: which reports a bundle holds, and what each says."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from radquarry.messages import Report
from radquarry.ris_fetcher import links
from radquarry.ris_fetcher.report_text import Unreadable, kind_of, plain_text, printable, text_of_html, tidy
from radquarry.ris_fetcher.ris import RisAway

Resource = Mapping[str, Any]

TEXTS = {"text/plain": 0, "": 0, "text/html": 1, "application/xhtml+xml": 1}
"""Types of presented forms that can be read, the best first."""
ONE_ALPHABET = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class Attachment:
    """A presented form: its type, and its bytes in base64 or where they are."""

    content_type: str
    data: str
    url: str

    @property
    def is_text(self) -> bool:
        """Whether it says it is one that we can read, or does not say."""
        return kind_of(self.content_type) in TEXTS


def diagnostic_reports(bundle: Resource) -> list[Resource]:
    """The reports of a searchset; raises `RisAway` for anything else behind a 200."""
    if bundle.get("resourceType") != "Bundle":
        raise RisAway(f"answers with {_kind(bundle)} instead of a Bundle")
    entries = _list(bundle.get("entry"))
    resources = [_mapping(_mapping(entry).get("resource")) for entry in entries]
    if any(resource.get("resourceType") == "OperationOutcome" and _is_error(resource) for resource in resources):
        raise RisAway("answers with an error inside its Bundle")
    return [resource for resource in resources if resource.get("resourceType") == "DiagnosticReport"]


def next_page(bundle: Resource) -> str | None:
    """Where the searchset goes on."""
    for link in _list(bundle.get("link")):
        if _mapping(link).get("relation") == "next":
            return _text(_mapping(link).get("url")) or None
    return None


def is_written(resource: Resource) -> bool:
    """Whether somebody wrote it and stands by it."""
    return _text(resource.get("status")) not in links.NO_REPORT_YET


def newest(resources: Sequence[Resource]) -> Resource:
    """The one that was issued last; of one moment the highest version."""

    def age(resource: Resource) -> tuple[datetime, int, str]:
        version = _text(_meta(resource).get("versionId"))
        return issued(resource), len(version), version  # 10 comes after 9

    return max(resources, key=age)


def issued(resource: Resource) -> datetime:
    """When it was released, or last changed; the beginning of time when it does not say."""
    for value in (resource.get("issued"), _meta(resource).get("lastUpdated"), resource.get("effectiveDateTime")):
        try:
            instant = datetime.fromisoformat(_text(value))
        except ValueError:
            continue
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def patient_id(resource: Resource) -> str:
    """The patient's identifier, where the report itself names one."""
    return _text(_mapping(_mapping(resource.get("subject")).get("identifier")).get("value")).strip()


def attachments(resource: Resource) -> list[Attachment]:
    """Presented forms, plain text first, then HTML, then the rest."""
    forms = [_attachment(_mapping(form)) for form in _list(resource.get("presentedForm"))]
    return sorted(forms, key=lambda form: TEXTS.get(kind_of(form.content_type), 2))


def narrative(resource: Resource) -> str:
    """`text.div` and `conclusion`, the conclusion once; raises `Unreadable`."""
    conclusion = tidy(_text(resource.get("conclusion")))
    div = _text(_mapping(resource.get("text")).get("div"))
    body = text_of_html(div) if div else ""
    if " ".join(conclusion.split()) in " ".join(body.split()):
        return body
    return f"{body}\n\n{conclusion}".strip()


def as_report(resource: Resource, text: str) -> Report:
    """The report as we pass it on."""
    return Report(
        report_id=_text(resource.get("id")),
        text=text,
        issued=issued(resource),
        status=_text(resource.get("status")),
        version=_text(_meta(resource).get("versionId")),
        language=_language(resource),
        performer=next(_performers(resource), ""),
    )


def _performers(resource: Resource) -> Iterator[str]:
    for key in ("resultsInterpreter", "performer"):
        for each in _list(resource.get(key)):
            if display := _text(_mapping(each).get("display")):
                yield display


def _language(resource: Resource) -> str:
    forms = [_mapping(form).get("language") for form in _list(resource.get("presentedForm"))]
    named = next((_text(each) for each in (resource.get("language"), *forms) if _text(each)), "")
    return named[:2].lower()


def _attachment(form: Resource) -> Attachment:
    return Attachment(_text(form.get("contentType")), _text(form.get("data")), _text(form.get("url")))


def attached_text(form: Attachment) -> str:
    """The text of an inline presented form; raises `Unreadable`."""
    return plain_text(unpacked(form.data), form.content_type)


def binary(resource: Resource, content_type: str) -> tuple[bytes, str]:
    """Content and type of a `Binary`, as a server gives it to who takes FHIR; raises `RisAway` for anything else."""
    if resource.get("resourceType") != "Binary":
        raise RisAway(f"answers with {_kind(resource)} instead of a Binary")
    return unpacked(_text(resource.get("data"))), _text(resource.get("contentType")) or content_type


def unpacked(data: str) -> bytes:
    """The bytes in base64, of either alphabet (RFC 4648), padded or not; raises `Unreadable`."""
    text = "".join(data.split()).translate(ONE_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Unreadable("the report's text is not base64") from None


def _kind(resource: Resource) -> str:
    return _text(resource.get("resourceType"))[:40] or "something that is no FHIR resource"


def _is_error(outcome: Resource) -> bool:
    return any(_mapping(issue).get("severity") in ("error", "fatal") for issue in _list(outcome.get("issue")))


def _meta(resource: Resource) -> Resource:
    return _mapping(resource.get("meta"))


def _mapping(value: Any) -> Resource:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return printable(value) if isinstance(value, str) else ""
