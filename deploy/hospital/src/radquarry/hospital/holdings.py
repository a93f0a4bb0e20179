"""All the PACS holds, generated studies and sample files alike, and the cheapest way to the studies a key names."""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

from radquarry.hospital.studies import Study


class Source(Protocol):
    """Studies that can be found by UID, day, patient and accession number without searching."""

    def with_uid(self, study_instance_uid: str) -> list[Study]: ...
    def between(self, first: date, last: date) -> Iterator[Study]: ...
    def of_patient_id(self, patient_id: str) -> Iterator[Study]: ...
    def with_accession_number(self, accession_number: str) -> Iterator[Study]: ...
    def all(self) -> Iterator[Study]: ...


class Holdings:
    """Several sources as one. Every answer is lazy and comes in a fixed order."""

    def __init__(self, *sources: Source) -> None:
        self._sources = sources

    def with_uid(self, study_instance_uid: str) -> list[Study]:
        """The study of that UID, if there is one."""
        return [study for source in self._sources for study in source.with_uid(study_instance_uid)]

    def between(self, first: date, last: date) -> Iterator[Study]:
        """The studies from `first` to `last`, both included."""
        return (study for source in self._sources for study in source.between(first, last))

    def of_patient_id(self, patient_id: str) -> Iterator[Study]:
        """The studies of one patient."""
        return (study for source in self._sources for study in source.of_patient_id(patient_id))

    def with_accession_number(self, accession_number: str) -> Iterator[Study]:
        """The studies that bear exactly this accession number."""
        return (study for source in self._sources for study in source.with_accession_number(accession_number))

    def all(self) -> Iterator[Study]:
        """Every study."""
        return (study for source in self._sources for study in source.all())
