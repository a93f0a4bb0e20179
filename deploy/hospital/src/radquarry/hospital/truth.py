"""What is really so in the hospital, for tests: every study, its report and each finding's assertion."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from radquarry.hospital.findings import Assertion, assertions
from radquarry.hospital.generated import GeneratedStudies
from radquarry.hospital.holdings import Holdings
from radquarry.hospital.reports import Report, Reports
from radquarry.hospital.studies import Study
from radquarry.hospital.visits import Visit, Visits


@dataclass(frozen=True, slots=True)
class StudyTruth:
    """One study. A sample file's study has no report: `language` is "" and `findings` empty."""

    study_instance_uid: str
    study_date: str
    study_time: str
    modality: str
    patient_id: str
    accession_number: str
    ris_accession_number: str
    report_id: str
    language: str
    findings: dict[str, Assertion]
    compared_with: date | None


class Truth:
    """Answers from the same numbers the PACS and the RIS are made of. Faults never show here."""

    def __init__(self, visits: Visits, generated: GeneratedStudies, holdings: Holdings, reports: Reports) -> None:
        self._visits = visits
        self._generated = generated
        self._holdings = holdings
        self._reports = reports

    @property
    def start_date(self) -> date:
        """The first day with generated studies."""
        return self._visits.workload.start_date

    @property
    def end_date(self) -> date:
        """The last day with generated studies."""
        return self._visits.workload.end_date

    def studies(self, first: date | None = None, last: date | None = None) -> Iterator[StudyTruth]:
        """All studies from `first` to `last`, sample files' studies of those days included."""
        held = self._holdings.between(first or date.min, last or date.max) if first or last else self._holdings.all()
        return map(self._truth, held)

    def study(self, study_instance_uid: str) -> StudyTruth:
        """One study. Raises KeyError."""
        for study in self._holdings.with_uid(study_instance_uid):
            return self._truth(study)
        raise KeyError(study_instance_uid)

    def sop_instance_uids(self, study_instance_uid: str) -> set[str]:
        """Every instance of a study; empty for an unknown one."""
        studies = self._holdings.with_uid(study_instance_uid)
        return {instance.sop_instance_uid for study in studies for instance in study.instances()}

    def report(self, study_instance_uid: str) -> Report | None:
        """The report of a study as the RIS has it without faults; None for a sample file's study."""
        visit = self._visit(study_instance_uid)
        return self._reports.report(visit) if visit else None

    def with_finding(self, name: str, assertion: Assertion | str = Assertion.AFFIRMED) -> Iterator[StudyTruth]:
        """The studies of which this is true."""
        return (study for study in self.studies() if study.findings.get(name) == assertion)

    def _visit(self, study_instance_uid: str) -> Visit | None:
        study = self._generated.number_of(study_instance_uid)
        return None if study is None else self._visits.visit(self._visits.visit_of_study(study)[0])

    def _truth(self, study: Study) -> StudyTruth:
        visit = self._visit(study.study_instance_uid)
        prior = self._reports.prior(visit) if visit else None
        modalities = study.record["ModalitiesInStudy"]
        return StudyTruth(
            study_instance_uid=study.study_instance_uid,
            study_date=str(study.record["StudyDate"]),
            study_time=str(study.record["StudyTime"]),
            modality=modalities if isinstance(modalities, str) else "\\".join(modalities),
            patient_id=str(study.record["PatientID"]),
            accession_number=str(study.record["AccessionNumber"]),
            ris_accession_number=visit.ris_accession_number if visit else "",
            report_id=f"r{visit.number}" if visit else "",
            language=self._reports.language(visit) if visit else "",
            findings=assertions(self._visits.seed, visit) if visit else {},
            compared_with=prior.day if prior else None,
        )
