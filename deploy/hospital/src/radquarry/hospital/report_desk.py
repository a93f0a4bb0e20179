"""Which reports the RIS has right now, as FHIR resources: missing, late, corrected, huge or empty as faults say."""

import time
from collections import Counter
from datetime import date
from threading import Lock
from zoneinfo import ZoneInfo

from radquarry.hospital.dice import share
from radquarry.hospital.faults import Faults, RisFaults
from radquarry.hospital.fhir import Resource, diagnostic_report, effective, issued, shape_of, text_of
from radquarry.hospital.reports import Report, Reports
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.visits import Visit, Visits

_HUGE = "Seitenweise Fremdtext ohne Belang. " * 150_000


class ReportDesk:
    """Hands out reports and remembers how often each was asked for."""

    def __init__(self, visits: Visits, reports: Reports, settings: HospitalSettings, faults: Faults) -> None:
        self._visits = visits
        self._reports = reports
        self._seed = settings.seed
        self._zone = ZoneInfo(settings.timezone)
        self._wrong_uid_share = settings.ris.wrong_study_uid_share
        self._faults = faults
        self._opened = time.monotonic()
        self._asked: Counter[int] = Counter()
        self._lock = Lock()

    def status_and_issue(self, number: int) -> tuple[str, date]:
        """The status and day of issue of visit `number`'s report, for searching."""
        visit = self._visits.visit(number)
        return self._reports.status(visit), issued(self._seed, visit, self._zone).date()

    def report(self, number: int, study_instance_uid: str) -> Resource | None:
        """The DiagnosticReport of visit `number` as it is at this asking; None while there is none."""
        visit, faults = self._visits.visit(number), self._faults.ris
        with self._lock:
            self._asked[number] += 1
            asked = self._asked[number]
        if self._is_absent(number, asked, faults):
            return None
        corrected = self._hit("corrected", number, faults.corrected_share) and asked > faults.corrected_asks
        return self._resource(visit, study_instance_uid, corrected=corrected)

    def _is_absent(self, number: int, asked: int, faults: RisFaults) -> bool:
        if self._hit("missing", number, faults.missing_share):
            return True
        late = asked <= faults.late_asks or time.monotonic() - self._opened < faults.late_seconds
        return late and self._hit("late", number, faults.late_share)

    def _resource(self, visit: Visit, study_instance_uid: str, *, corrected: bool) -> Resource:
        status = "corrected" if corrected else self._reports.status(visit)
        report = self._reports.report(visit, corrected=corrected)
        released = issued(self._seed, visit, self._zone).isoformat()
        wrong = self._hit("wrong uid", visit.number, self._wrong_uid_share)
        uid = f"{study_instance_uid}.9999" if wrong else study_instance_uid
        about: Resource = {
            "meta": {"versionId": "2" if corrected else "1", "lastUpdated": released},
            "status": status,
            "effectiveDateTime": effective(visit, self._zone).isoformat(),
            "issued": released,
            "imagingStudy": [{"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}}],
        }
        return diagnostic_report(visit, report, about) | self._text(visit, report, released)

    def _text(self, visit: Visit, report: Report, released: str) -> Resource:
        faults = self._faults.ris
        if self._hit("empty", visit.number, faults.empty_share):
            return {"presentedForm": [{"contentType": "text/plain", "data": ""}]}
        if self._hit("huge", visit.number, faults.huge_share):
            report = Report(report.language, report.title, (("", (_HUGE,)), *report.sections), report.author)
        return text_of(report, shape_of(self._seed, visit), released)

    def _hit(self, fault: str, number: int, part: float) -> bool:
        return bool(part) and share(self._seed, "ris", fault, number) < part
