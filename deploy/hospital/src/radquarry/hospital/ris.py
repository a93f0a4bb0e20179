"""The RIS: a FHIR R4 server with the reports, and the hospital's control desk beside it."""

from bisect import bisect_right
from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from radquarry.hospital.fhir import Resource, outcome, patient_resource
from radquarry.hospital.report_desk import ReportDesk
from radquarry.hospital.report_search import SEARCHABLE, Search, UnknownParameterError, read_search
from radquarry.hospital.visits import Visits


class FhirResponse(JSONResponse):
    """JSON with FHIR's media type."""

    media_type = "application/fhir+json"


class FhirServer:
    """The routes under /fhir."""

    def __init__(self, desk: ReportDesk, visits: Visits, uid_of: Callable[[int], str], page_size: int) -> None:
        self._desk = desk
        self._visits = visits
        self._uid_of = uid_of
        self._page_size = page_size

    def router(self) -> APIRouter:
        """GET metadata, DiagnosticReport (search and read) and Patient (read); POST DiagnosticReport/_search."""
        router = APIRouter(prefix="/fhir", default_response_class=FhirResponse)
        router.add_api_route("/metadata", self.metadata, methods=["GET"])
        router.add_api_route("/DiagnosticReport", self.search, methods=["GET"])
        router.add_api_route("/DiagnosticReport/_search", self.search, methods=["POST"])
        router.add_api_route("/DiagnosticReport/{report_id}", self.read, methods=["GET"])
        router.add_api_route("/Patient/{patient_id}", self.patient, methods=["GET"])
        return router

    def metadata(self) -> FhirResponse:
        """The CapabilityStatement."""
        parameters = [{"name": name, "type": "date" if name in {"date", "issued"} else "token"} for name in SEARCHABLE]
        interactions = [{"code": "read"}, {"code": "search-type"}]
        report = {"type": "DiagnosticReport", "interaction": interactions, "searchParam": parameters}
        patient = {"type": "Patient", "interaction": [{"code": "read"}]}
        return FhirResponse(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "date": self._visits.workload.end_date.isoformat(),
                "kind": "instance",
                "software": {"name": "radquarry simulated hospital"},
                "fhirVersion": "4.0.1",
                "format": ["application/fhir+json"],
                "rest": [{"mode": "server", "resource": [report, patient]}],
            }
        )

    async def search(self, request: Request) -> FhirResponse:
        """A searchset Bundle with a link to its next page."""
        parameters = list(request.query_params.multi_items())
        if request.method == "POST":
            form = await request.form()
            parameters += [(name, str(value)) for name, value in form.multi_items()]
        try:
            search = read_search(parameters, self._visits)
            size, after = self._page(dict(parameters))
        except UnknownParameterError as error:
            return FhirResponse(outcome("invalid", str(error)), status_code=400)
        return FhirResponse(self._bundle(request, parameters, search, size, after))

    def read(self, report_id: str) -> FhirResponse:
        """One DiagnosticReport."""
        number = report_id.removeprefix("r")
        known = report_id != number and number.isascii() and number.isdigit() and len(number) < 10
        resource = None
        if known and int(number) < self._visits.count:
            resource = self._desk.report(int(number), self._uid_of(int(number)))
        if resource is None:
            return FhirResponse(outcome("not-found", f"no DiagnosticReport {report_id!r}"), status_code=404)
        return FhirResponse(resource)

    def patient(self, patient_id: str) -> FhirResponse:
        """One Patient."""
        number = patient_id.removeprefix("p")
        if number.isascii() and number.isdigit() and len(number) < 10 and self._visits.of_patient(int(number)):
            return FhirResponse(patient_resource(self._visits.patient(int(number))))
        return FhirResponse(outcome("not-found", f"no Patient {patient_id!r}"), status_code=404)

    def _page(self, parameters: dict[str, str]) -> tuple[int, int]:
        """(entries wanted, visit number the page starts after)."""
        try:
            size = min(int(parameters.get("_count", self._page_size)), self._page_size)
            return max(size, 1), int(parameters.get("_after", -1))
        except ValueError:
            raise UnknownParameterError("_count and _after are whole numbers") from None

    def _bundle(
        self, request: Request, asked: list[tuple[str, str]], search: Search, size: int, after: int
    ) -> Resource:
        base = f"{str(request.base_url).rstrip('/')}/fhir/DiagnosticReport"
        found, last = self._found(search, size, after)
        links = [{"relation": "self", "url": f"{base}?{urlencode(asked)}"}]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
        if last is not None:
            following = [(name, value) for name, value in asked if name != "_after"]
            links.append({"relation": "next", "url": f"{base}?{urlencode([*following, ('_after', str(last))])}"})
        elif after < 0:
            bundle["total"] = len(found)
        if found:
            bundle["entry"] = [
                {"fullUrl": f"{base}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in found
            ]
        return bundle

    def _found(self, search: Search, size: int, after: int) -> tuple[list[Resource], int | None]:
        """One page of reports, and the visit it ends with when another page follows."""
        found: list[Resource] = []
        last = after
        for number in search.visits[bisect_right(search.visits, after) :]:
            if not search.wanted(self._visits.visit(number), *self._desk.status_and_issue(number)):
                continue
            if len(found) == size:
                return found, last
            resource = self._desk.report(number, self._uid_of(number))
            if resource is not None:
                found.append(resource)
            last = number
        return found, None
