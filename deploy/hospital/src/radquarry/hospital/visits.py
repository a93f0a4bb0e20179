"""Visits: who came when for what, and under which accession number. Numbers make them, nothing is stored."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from radquarry.hospital.dice import Dice, number, share
from radquarry.hospital.examinations import Clinic, Examination, clinics, companion
from radquarry.hospital.people import Patient, names, patient, patient_number_of
from radquarry.hospital.permutation import Permutation
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.workload import Workload, second_of_day

_CLINICS = 20
_VISITS_OF_PATIENTS = (1, 3, 2, 1, 5, 2, 1, 4, 2, 1)
_FIRST_ACCESSION = 210_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One order carried out: one study, or two under the same accession number."""

    number: int
    clinic: Clinic
    patient: Patient
    day: date
    second: int
    microsecond: int
    accession_number: str
    ris_accession_number: str
    examinations: tuple[Examination, ...]
    referring_physician: str
    radiologist: str
    institution: str


class Visits:
    """All visits of the hospital, found by number, day, patient or accession number without searching."""

    def __init__(self, settings: HospitalSettings) -> None:
        self._settings = settings
        self.seed = settings.seed
        self._paired = next(index for index, clinic in enumerate(clinics()) if clinic.companion)
        self.studies = settings.studies
        self.count = self.visit_of_study(self.studies - 1)[0] + 1 if self.studies else 0
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        self.workload = Workload(self.count, settings.end_date or yesterday, settings.days, self.seed)
        self._shuffles = [self._shuffle(clinic) for clinic in range(_CLINICS)]
        self.visit = lru_cache(maxsize=4096)(self._visit)
        self.patient = lru_cache(maxsize=2048)(self._patient)

    def visit_of_study(self, study: int) -> tuple[int, int]:
        """(visit, which of its examinations) of study number `study`."""
        block, place = divmod(study, _CLINICS + 1)
        if place <= self._paired:
            return block * _CLINICS + place, 0
        return block * _CLINICS + place - 1, int(place == self._paired + 1)

    def studies_of_visit(self, visit: int) -> list[int]:
        """The numbers of the studies of a visit: one or two."""
        block, place = divmod(visit, _CLINICS)
        first = block * (_CLINICS + 1) + place + (place > self._paired)
        both = [first, first + 1] if place == self._paired else [first]
        return [study for study in both if study < self.studies]

    def of_patient(self, patient_number: int) -> list[int]:
        """The numbers of a patient's visits, oldest first; empty for an unknown patient."""
        place, clinic = divmod(patient_number, _CLINICS)
        shuffle = self._shuffles[clinic]
        whole, part = divmod(place, len(_VISITS_OF_PATIENTS))
        first = whole * sum(_VISITS_OF_PATIENTS) + sum(_VISITS_OF_PATIENTS[:part])
        last = min(first + _VISITS_OF_PATIENTS[part], shuffle.size)
        return sorted(shuffle.undo(slot) * _CLINICS + clinic for slot in range(first, last))

    def of_patient_id(self, patient_id: str) -> list[int]:
        """The numbers of the visits of the patient with this id, oldest first."""
        known = patient_number_of(patient_id)
        return [] if known is None else self.of_patient(known)

    def with_accession_number(self, spelling: str) -> int | None:
        """The visit whose studies bear exactly this accession number in the PACS."""
        visit = self._numbered(spelling)
        return visit if visit is not None and spelling == self._accession_numbers(visit)[0] else None

    def with_ris_accession_number(self, spelling: str) -> int | None:
        """The visit whose report bears exactly this accession number in the RIS."""
        visit = self._numbered(spelling)
        return visit if visit is not None and spelling == self._accession_numbers(visit)[1] else None

    def priors(self, visit: Visit) -> list[int]:
        """The numbers of the patient's earlier visits, oldest first."""
        return [earlier for earlier in self.of_patient(visit.patient.number) if earlier < visit.number]

    def _visit(self, visit: int) -> Visit:
        dice = Dice(self.seed, "visit", visit)
        clinic = clinics()[visit % _CLINICS]
        exam = dice.weighted(clinic.exams, [exam.weight for exam in clinic.exams])
        pair = len(self.studies_of_visit(visit)) == 2
        in_pacs, in_ris = self._accession_numbers(visit)
        staff = names()["staff"]
        return Visit(
            number=visit,
            clinic=clinic,
            patient=self.patient(self._patient_number(visit)),
            day=self.workload.day_of(visit),
            second=self._second(visit),
            microsecond=dice.below(1_000_000) if dice.chance(0.15) else 0,
            accession_number=in_pacs,
            ris_accession_number=in_ris,
            examinations=(exam, companion()) if pair else (exam,),
            referring_physician=dice.pick(staff["referring"]),
            radiologist=dice.pick(staff["radiologists"]),
            institution=dice.pick(staff["institutions"]),
        )

    def _patient(self, patient_number: int) -> Patient:
        clinic = clinics()[patient_number % _CLINICS]
        return patient(self.seed, patient_number, clinic.ages, clinic.sex, self.workload.end_date)

    def _patient_number(self, visit: int) -> int:
        slot = self._shuffles[visit % _CLINICS].apply(visit // _CLINICS)
        whole, rest = divmod(slot, sum(_VISITS_OF_PATIENTS))
        place = whole * len(_VISITS_OF_PATIENTS)
        for visits in _VISITS_OF_PATIENTS:
            if rest < visits:
                break
            rest -= visits
            place += 1
        return place * _CLINICS + visit % _CLINICS

    def _shuffle(self, clinic: int) -> Permutation:
        size = (self.count - clinic + _CLINICS - 1) // _CLINICS
        return Permutation(max(size, 0), number(self.seed, "clinic", clinic) & 0xFFFFFFFF)

    def _second(self, visit: int) -> int:
        group = self._settings.studies_per_second
        first = self.workload.visits_on(self.workload.day_of(visit)).start
        leader = first + (visit - first) // group * group
        if share(self.seed, "rush", leader) < self._settings.same_second_share:
            leader = first
        return second_of_day(Dice(self.seed, "second", leader))

    def _numbered(self, spelling: str) -> int | None:
        digits = spelling.lstrip("Aa").lstrip("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
            return None
        visit = int(digits) - _FIRST_ACCESSION
        return visit if 0 <= visit < self.count else None

    def _accession_numbers(self, visit: int) -> tuple[str, str]:
        usual = f"A{_FIRST_ACCESSION + visit:08d}"
        chance = share(self.seed, "accession", visit)
        if chance < self._settings.empty_accession_share:
            return "", usual
        chance = (chance - self._settings.empty_accession_share) / max(self._settings.respelt_accession_share, 1e-12)
        if chance < 0.5:
            return usual[1:].rjust(10, "0"), usual[1:].lstrip("0")
        if chance < 0.8:
            return f"A-{usual[1:]}", usual
        if chance < 1:
            return usual.lower(), usual
        return usual, usual
