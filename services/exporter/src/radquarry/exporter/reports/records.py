"""Whose reports are: what the images beside them and the reports' own rows say of the patient."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from radquarry.exporter.cleaning.charsets import DEFAULT, decoded
from radquarry.exporter.cleaning.gathering import charset_of, identity_of
from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.dicom_bytes.elements import Dataset, found, plain
from radquarry.exporter.reports.deidentifying import Subject

PHYSICIANS = (0x00080090, 0x00081050, 0x00081060, 0x00081070, 0x00321032, 0x00081048)
"""ReferringPhysicianName, PerformingPhysicianName, NameOfPhysiciansReadingStudy, OperatorsName, RequestingPhysician,
PhysiciansOfRecord."""
OTHERS = ("referring_physician_name", "radiologist", "author", "performing_physician_name", "operators_name")
"""Columns that name other people."""
DATES = ("patient_birth_date", "study_date")


@dataclass
class Records:
    """By study, accession number and patient; a patient's studies share names, ids and days."""

    _patients: dict[str, Subject] = field(default_factory=dict)
    _keys: dict[str, set[str]] = field(default_factory=dict)

    def add(self, dataset: Dataset) -> None:
        """What an image says."""
        identity = identity_of(dataset, uids=True, dates=True)
        encodings = charset_of(dataset, DEFAULT)
        texts = {tag: _texts(dataset, tag, encodings) for tag in (0x00080050, *PHYSICIANS)}
        others = frozenset(name for tag in PHYSICIANS for name in texts[tag])
        subject = Subject(identity, texts[0x00080050], others)
        patient = identity.patient_id
        self._patients[patient] = _joined(self._patients.get(patient), subject)
        for key in (plain(dataset, 0x0020000D), patient, *texts[0x00080050]):
            self._keys.setdefault(key, set()).add(patient)

    def subject(self, said: Mapping[str, str]) -> Subject | None:
        """Of a row, or of a text's file name; None where nobody can be told, or it may be several."""
        keys = [said.get(name, "").strip() for name in ("study_instance_uid", "accession_number", "patient_id", "name")]
        patients = [self._keys[key] for key in keys if key in self._keys]
        known = set.intersection(*patients) if patients else set()
        patient_id = said.get("patient_id", "").strip() or (next(iter(known)) if len(known) == 1 else "")
        if not patient_id or (patients and patient_id not in known):
            return None
        named = bool(said.get("patient_name", "").strip())
        if patient_id not in self._patients and not named:
            return None
        return _joined(self._patients.get(patient_id), _of_row(said, patient_id))


def _texts(dataset: Dataset, tag: int, encodings: tuple[str, ...]) -> frozenset[str]:
    element = found(dataset, tag)
    if element is None or element.items is not None:
        return frozenset()
    text = decoded(element.value[:65536], encodings, name=True)
    return frozenset(part.strip(" \0") for part in text.split("\\") if part.strip(" \0"))


def _of_row(said: Mapping[str, str], patient_id: str) -> Subject:
    accession = {said.get("accession_number", "").strip()} - {""}
    days = {re.sub(r"[.-]", "", said.get(name, "")[:10]) for name in DATES}
    identity = Identity(
        patient_id,
        {said.get("patient_name", "").strip()} - {""},
        {patient_id} | accession,
        dict.fromkeys({said.get("study_instance_uid", "").strip()} - {""}, ""),
        {day for day in days if re.fullmatch(r"[0-9]{8}", day)},
    )
    others = (name for column in OTHERS for name in said.get(column, "").split("\\"))
    return Subject(identity, frozenset(accession), frozenset(name.strip() for name in others if name.strip()))


def _joined(one: Subject | None, other: Subject) -> Subject:
    if one is None:
        return other
    first, second = one.identity, other.identity
    identity = Identity(
        first.patient_id,
        first.names | second.names,
        first.ids | second.ids,
        first.uids | second.uids,
        first.dates | second.dates,
        first.encodings | second.encodings,
    )
    return Subject(identity, one.accession_numbers | other.accession_numbers, one.others | other.others)


def records_of(datasets: Iterable[Dataset]) -> Records:
    """Of all images."""
    records = Records()
    for dataset in datasets:
        records.add(dataset)
    return records
