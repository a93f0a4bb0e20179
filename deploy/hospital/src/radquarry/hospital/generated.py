"""The generated studies: each visit's examinations as PACS records, found without searching."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from pydicom.uid import PYDICOM_ROOT_UID, ExplicitVRLittleEndian

from radquarry.hospital.dice import Dice, number
from radquarry.hospital.examinations import Examination
from radquarry.hospital.objects import SOP_CLASSES, image_object
from radquarry.hospital.settings import HospitalSettings
from radquarry.hospital.studies import Instance, Record, Series, Study
from radquarry.hospital.visits import Visit, Visits


class GeneratedStudies:
    """Studies derived from their number whenever somebody asks."""

    def __init__(self, visits: Visits, settings: HospitalSettings) -> None:
        self._visits = visits
        self._root = f"{PYDICOM_ROOT_UID}{settings.seed}."
        self._pixels = settings.pixels
        self._station = settings.pacs.ae_title

    def study_instance_uid(self, study: int) -> str:
        """The UID of study number `study`."""
        return f"{self._root}{study + 1}"

    def number_of(self, study_instance_uid: str) -> int | None:
        """The number of a study from its UID; None for a UID that is not one of ours."""
        tail = study_instance_uid.removeprefix(self._root)
        if tail == study_instance_uid or not (tail.isascii() and tail.isdigit() and len(tail) < 10):
            return None
        study = int(tail) - 1
        return study if 0 <= study < self._visits.studies and str(study + 1) == tail else None

    def with_uid(self, study_instance_uid: str) -> list[Study]:
        """The study of that UID, if there is one."""
        study = self.number_of(study_instance_uid)
        return [] if study is None else [self.study(study)]

    def between(self, first: date, last: date) -> Iterator[Study]:
        """The studies from `first` to `last`, both included."""
        return self._of(iter(self._visits.workload.visits_between(first, last)))

    def of_patient_id(self, patient_id: str) -> Iterator[Study]:
        """The studies of one patient."""
        return self._of(iter(self._visits.of_patient_id(patient_id)))

    def with_accession_number(self, accession_number: str) -> Iterator[Study]:
        """The studies that bear exactly this accession number."""
        visit = self._visits.with_accession_number(accession_number)
        return self._of(iter([] if visit is None else [visit]))

    def all(self) -> Iterator[Study]:
        """Every study, oldest day first."""
        return self._of(iter(range(self._visits.count)))

    def study(self, study: int) -> Study:
        """Study number `study`."""
        visit, which = self._visits.visit_of_study(study)
        return self._study(self._visits.visit(visit), which, study)

    def _of(self, visits: Iterator[int]) -> Iterator[Study]:
        for visit in visits:
            for which, study in enumerate(self._visits.studies_of_visit(visit)):
                yield self._study(self._visits.visit(visit), which, study)

    def _study(self, visit: Visit, which: int, study: int) -> Study:
        exam = visit.examinations[which]
        uid = self.study_instance_uid(study)
        counts = self._instance_counts(study, exam)
        record: Record = {
            "StudyInstanceUID": uid,
            "StudyID": str(study + 1),
            "StudyDate": f"{visit.day:%Y%m%d}",
            "StudyTime": _study_time(visit, which),
            "AccessionNumber": visit.accession_number,
            "StudyDescription": exam.description["de"],
            "ReferringPhysicianName": visit.referring_physician,
            "InstitutionName": visit.institution,
            "ModalitiesInStudy": exam.modality,
            "SOPClassesInStudy": SOP_CLASSES[exam.modality],
            "NumberOfStudyRelatedSeries": str(len(counts)),
            "NumberOfStudyRelatedInstances": str(sum(counts)),
            "PatientName": visit.patient.name,
            "PatientID": visit.patient.patient_id,
            "PatientBirthDate": f"{visit.patient.birth_date:%Y%m%d}",
            "PatientSex": visit.patient.sex,
            "PatientAge": f"{(visit.day - visit.patient.birth_date).days // 365:03d}Y",
        }
        return Study(uid, record, partial(self._series, record, exam, counts))

    def _instance_counts(self, study: int, exam: Examination) -> tuple[int, ...]:
        dice = Dice(self._visits.seed, "instances", study)
        return tuple(dice.between(low, high) for _, low, high in exam.series)

    def _series(self, study: Record, exam: Examination, counts: tuple[int, ...]) -> list[Series]:
        return [self._one_series(study, exam, place, count) for place, count in enumerate(counts, start=1)]

    def _one_series(self, study: Record, exam: Examination, place: int, count: int) -> Series:
        uid = f"{study['StudyInstanceUID']}.{place}"
        description = exam.series[place - 1][0]
        record: Record = {
            "SeriesInstanceUID": uid,
            "SeriesNumber": str(place),
            "SeriesDescription": description,
            "Modality": exam.modality,
            "BodyPartExamined": exam.body_part,
            "ProtocolName": exam.description["de"],
            "Laterality": description[0] if exam.modality == "MG" else "",
            "SeriesDate": study["StudyDate"],
            "SeriesTime": study["StudyTime"],
            "StationName": f"{exam.modality}{1 + number(uid) % 3}",
            "Manufacturer": "radquarry simulated hospital",
            "NumberOfSeriesRelatedInstances": str(count),
        }
        return Series(uid, record, partial(self._instances, study, record, count))

    def _instances(self, study: Record, series: Record, count: int) -> list[Instance]:
        return [self._instance(study, series, place, count) for place in range(1, count + 1)]

    def _instance(self, study: Record, series: Record, place: int, count: int) -> Instance:
        uid = f"{series['SeriesInstanceUID']}.{place}"
        sop_class_uid = SOP_CLASSES[str(series["Modality"])]
        record: Record = {
            "SOPInstanceUID": uid,
            "SOPClassUID": sop_class_uid,
            "InstanceNumber": str(place),
            "Rows": str(self._pixels),
            "Columns": str(self._pixels),
        }
        load = partial(image_object, study | series | record, count)
        return Instance(uid, sop_class_uid, ExplicitVRLittleEndian, record, load)


def _study_time(visit: Visit, which: int) -> str:
    second = min(visit.second + which * 1500, 86399)
    text = f"{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
    return f"{text}.{visit.microsecond:06d}" if visit.microsecond else text
