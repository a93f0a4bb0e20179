"""FHIR R4 resources: a visit's report as a DiagnosticReport, its patient, bundles and outcomes."""

import base64
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from radquarry.hospital.dice import Dice, share
from radquarry.hospital.people import Patient
from radquarry.hospital.reports import Report
from radquarry.hospital.visits import Visit

Resource = dict[str, Any]
ACCESSION_SYSTEM = "urn:oid:2.16.756.5.30.1.999.1.1"
PATIENT_SYSTEM = "urn:oid:2.16.756.5.30.1.999.1.2"
_SHAPES = ("plain", "html", "both", "narrative", "conclusion")
_SHAPE_WEIGHTS = (48, 24, 6, 16, 6)


def effective(visit: Visit, zone: ZoneInfo) -> datetime:
    """When the examination took place."""
    hour, rest = divmod(visit.second, 3600)
    return datetime(
        visit.day.year, visit.day.month, visit.day.day, hour, rest // 60, rest % 60, visit.microsecond, zone
    )


def issued(seed: int, visit: Visit, zone: ZoneInfo) -> datetime:
    """When the report was released: within hours, some the next day."""
    return effective(visit, zone) + timedelta(minutes=15 + int(1500 * share(seed, "issued", visit.number) ** 3))


def shape_of(seed: int, visit: Visit) -> str:
    """Where this RIS put the text: plain, html, both, narrative (conclusion and text.div) or conclusion."""
    return Dice(seed, "shape", visit.number).weighted(_SHAPES, _SHAPE_WEIGHTS)


def diagnostic_report(visit: Visit, report: Report, about: Resource) -> Resource:
    """The DiagnosticReport of a visit, without its text; `about` holds what depends on more than the visit."""
    exam = visit.examinations[0]
    return {
        "resourceType": "DiagnosticReport",
        "id": f"r{visit.number}",
        "language": report.language,
        "identifier": [accession_identifier(visit.ris_accession_number)],
        "basedOn": [{"type": "ServiceRequest", "identifier": accession_identifier(visit.ris_accession_number)}],
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}],
        "code": {"text": exam.description[report.language]},
        "subject": {
            "reference": f"Patient/p{visit.patient.number}",
            "identifier": {"system": PATIENT_SYSTEM, "value": visit.patient.patient_id},
            "display": _spoken(visit.patient.name),
        },
        "performer": [{"display": _spoken(visit.radiologist)}, {"display": visit.institution}],
        "resultsInterpreter": [{"display": _spoken(visit.radiologist)}],
        **about,
    }


def text_of(report: Report, shape: str, created: str) -> Resource:
    """The elements of a DiagnosticReport that hold its text."""
    if shape in {"plain", "html", "both"}:
        forms = {"plain": ("text/plain", report.text), "html": ("text/html", report.html())}
        chosen = forms.values() if shape == "both" else [forms[shape]]
        return {"presentedForm": [_attachment(kind, text, report, created) for kind, text in chosen]}
    if shape == "conclusion":
        return {"conclusion": report.text}
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{report.div()}</div>'
    return {"conclusion": report.impression, "text": {"status": "generated", "div": div}}


def patient_resource(patient: Patient) -> Resource:
    """The Patient of a report's subject."""
    family, given, *_ = [*patient.name.split("^"), "", ""]
    genders = {"M": "male", "F": "female"}
    return {
        "resourceType": "Patient",
        "id": f"p{patient.number}",
        "identifier": [{"system": PATIENT_SYSTEM, "value": patient.patient_id}],
        "name": [{"family": family, "given": [given]}],
        "gender": genders.get(patient.sex, "other"),
        "birthDate": patient.birth_date.isoformat(),
    }


def accession_identifier(value: str) -> Resource:
    """An accession number as FHIR holds it (type ACSN)."""
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
    return {"use": "official", "type": kind, "system": ACCESSION_SYSTEM, "value": value}


def outcome(code: str, text: str) -> Resource:
    """An OperationOutcome with one error."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": text}]}


def _attachment(kind: str, text: str, report: Report, created: str) -> Resource:
    data = base64.b64encode(text.encode()).decode()
    return {
        "contentType": f"{kind}; charset=utf-8",
        "language": report.language,
        "data": data,
        "title": report.title,
        "creation": created,
    }


def _spoken(person_name: str) -> str:
    family, given, _, prefix, *_ = [*person_name.split("^"), "", "", ""]
    return " ".join(filter(None, (prefix, given, family)))
