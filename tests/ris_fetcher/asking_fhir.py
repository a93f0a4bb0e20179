"""Questions to a FHIR server, and what it answers."""

import base64
import json
from collections.abc import Callable
from typing import Any

from radquarry.configuration.ris import FhirRis as Section
from radquarry.messages import Report, Study
from radquarry.ris_fetcher.fhir import FhirRis
from radquarry.ris_fetcher.ris import NoReport
from tests.doubles.http_server import Asked, Server, Told, http_server

STUDY = Study(study_instance_uid="1.2.3", accession_number="A-0042", patient_id="P1")


def inline(text: str, kind: str = "text/plain") -> dict[str, Any]:
    return {"contentType": kind, "data": base64.b64encode(text.encode()).decode()}


def report(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "issued": "2024-05-17T10:00:00+02:00",
        "language": "de-CH",
        "meta": {"versionId": "1"},
        "subject": {"identifier": {"value": "P1"}},
        "presentedForm": [inline("Kein Pneumothorax.")],
        **changes,
    }


def bundle(*resources: dict[str, Any], **more: Any) -> Told:
    entries = [{"resource": resource} for resource in resources]
    return as_json({"resourceType": "Bundle", "type": "searchset", "entry": entries, **more})


def as_json(resource: Any) -> Told:
    return Told(body=json.dumps(resource).encode())


async def ask(server: Server, study: Study = STUDY, **section: Any) -> Report | NoReport:
    ris = Section.model_validate({"kind": "fhir", "url": f"{server.url}/fhir", "timeout_seconds": 2, **section})
    async with FhirRis.open("main", ris, quick=(0, 0)) as source:
        return await source.report(study)


async def answer_to(told: Told | Callable[[Asked], Told], study: Study = STUDY) -> Report | NoReport:
    with http_server(told if callable(told) else lambda _: told) as server:
        return await ask(server, study)


async def text_of(resource: dict[str, Any]) -> str:
    found = await answer_to(bundle(resource))
    assert isinstance(found, Report), found
    return found.text
