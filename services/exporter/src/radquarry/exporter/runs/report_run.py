"""Cleans the reports that lie beside images: with the images' pseudonyms, checked, and put into the same delivery."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radquarry.exporter.pseudonyms.keyed import Pseudonyms
from radquarry.exporter.release.checking import Finding
from radquarry.exporter.release.report import Outcome
from radquarry.exporter.release.report_text import Record, report_faults
from radquarry.exporter.reports.deidentifying import Rules, Subject, deidentify_date, deidentify_report
from radquarry.exporter.reports.records import Records
from radquarry.exporter.reports.report_files import (
    REPORT,
    Form,
    NoReports,
    ReportRow,
    form_of,
    rows_of,
    written,
)
from radquarry.exporter.runs.guarding import HeldBack, held_back_at_worst
from radquarry.exporter.runs.holding import NoImage, recognised
from radquarry.exporter.runs.sources import Source, opened
from radquarry.exporter.runs.workplace import UNCHECKED, Order

UNKNOWN = "it cannot be told whose report it is: no image beside it, and nothing in it, says so"


def with_reports(sources: Sequence[Source]) -> tuple[list[Source], list[Source]]:
    """Images and whatever else, and files that may hold reports."""
    reports = [each for each in sources if not each.fault and each.member is None and form_of(each.path) is not None]
    numbers = {each.number for each in reports}
    return [each for each in sources if each.number not in numbers], reports


def clean_reports(
    order: Order, reports: Sequence[Source], images: Sequence[Source]
) -> Iterator[tuple[Source, Outcome]]:
    """What became of each file of reports; one fault in it holds the whole file back."""
    if not reports:
        return
    desk = _Desk(order, _records(images))
    for source in reports:
        try:
            with held_back_at_worst():
                yield source, desk.outcome(source)
        except HeldBack as fault:
            yield source, Outcome(source.number, "held back", reason=str(fault))


def _records(images: Sequence[Source]) -> Records:
    """Images that cannot be read say nothing here; they are held back by themselves."""
    records = Records()
    for source in images:
        try:
            with held_back_at_worst(), opened(source) as view:
                file = recognised(view)
                if not isinstance(file, NoImage):
                    records.add(file.dataset)
        except HeldBack:
            continue
    return records


@dataclass(frozen=True)
class _Row:
    """A cleaned row: what stands in its columns, and what should not."""

    columns: dict[str, str]
    faults: tuple[str, ...]
    removed: int


class _Desk:
    def __init__(self, order: Order, records: Records) -> None:
        self._order = order
        self._records = records
        self._pseudonyms = Pseudonyms(order.key, order.given)
        options = order.profile.options
        dates = (
            "moved" if "retain_modified_dates" in options else "kept" if "retain_full_dates" in options else "removed"
        )
        self._rules = Rules(dates, "retain_uids" in options)

    def outcome(self, source: Source) -> Outcome:
        form = form_of(source.path)
        if form is None:
            raise HeldBack("it is no file of reports")
        try:
            rows = list(rows_of(source.path, form))
        except NoReports as fault:
            raise HeldBack(str(fault)) from None
        subjects = [self._records.subject(row.said) for row in rows]
        if form == "text" and subjects[0] is None:
            return Outcome(source.number, "passed over", reason="it is no DICOM file")
        if missing := subjects.count(None):
            raise HeldBack(UNKNOWN if form == "text" else f"{UNKNOWN}, in {missing} of {len(rows)} rows")
        cleaned = [self._row(row, subject) for row, subject in zip(rows, subjects, strict=True) if subject is not None]
        found = [Finding(f"report {at}", fault) for at, row in enumerate(cleaned, 1) for fault in row.faults][:20]
        removed = sum(row.removed for row in cleaned)
        if found:
            reason = "the release check found what should not leave"
            return Outcome(source.number, "held back", "", reason, tuple(found), removed)
        return Outcome(source.number, "released", self._put(source, form, cleaned), "", (), removed)

    def _row(self, row: ReportRow, subject: Subject) -> _Row:
        identity, done = subject.identity, deidentify_report(row.text, subject, self._pseudonyms, self._rules)
        columns = self._columns(row, identity.patient_id)
        numbers = map(self._pseudonyms.accession_number, subject.accession_numbers)
        ours = {*columns.values(), *map(self._pseudonyms.uid, identity.uids), *numbers}
        record = Record(
            identity.names | subject.others,
            identity.ids,
            frozenset() if self._rules.uids_stay else set(identity.uids),
            frozenset() if self._rules.dates == "kept" else identity.dates,
        )
        faults = tuple(report_faults(done.text, record, ours))
        return _Row({**columns, REPORT: done.text}, faults, len(done.removed))

    def _columns(self, row: ReportRow, patient_id: str) -> dict[str, str]:
        study, accession = (row.said.get(name, "").strip() for name in ("study_instance_uid", "accession_number"))
        date = deidentify_date(row.said.get("study_date", ""), self._pseudonyms.days(patient_id), self._rules)
        return {
            "patient_id": self._pseudonyms.patient_id(patient_id),
            "study_instance_uid": study if self._rules.uids_stay or not study else self._pseudonyms.uid(study),
            "accession_number": self._pseudonyms.accession_number(accession) if accession else "",
            "study_date": date,
        }

    def _put(self, source: Source, form: Form, rows: Sequence[_Row]) -> str:
        """A text goes to its patient; a table, in which there are several, to the top."""
        folder = f"{rows[0].columns['patient_id']}/" if form == "text" and rows else ""
        name = f"{folder}report-{source.number}.{'txt' if form == 'text' else form}"
        beside, target = self._order.folder / UNCHECKED / f"{os.getpid()}.report", self._order.folder / name
        beside.write_text(written([row.columns for row in rows], form), encoding="utf-8", newline="")
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.replace(target)
        return name
