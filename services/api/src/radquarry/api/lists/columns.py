"""What a column of somebody's list holds, by its heading: DICOM keywords, tags, and what people write."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

Meaning = Literal["accession_number", "study_instance_uid", "patient_id", "study_date", "modality"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
IDENTIFIERS: tuple[Meaning, ...] = ("accession_number", "study_instance_uid", "patient_id")

SPELLINGS: Mapping[Meaning, str] = {
    "accession_number": "accessionnumber accession accessionno accessionnr accessionnum accno accnr accnum acc accn "
    "accessionid 00080050 auftragsnummer auftragsnr auftrag auftragid untersuchungsnummer untersuchungsnr "
    "anforderungsnummer anforderungsnr anforderungsid zugangsnummer ordernumber orderno ordernr orderid "
    "fillerordernumber accessionnummer",
    "study_instance_uid": "studyinstanceuid studyuid studyiuid studyinstanceuids siuid suid uid uids 0020000d "
    "studieninstanzuid studienuid studyinstance",
    "patient_id": "patientid patientsid patid pid patientnumber patientno patientnr patnr patno mrn 00100020 "
    "medicalrecordnumber patientenid patientennummer patientennr patientident patientenidentifikation",
    "study_date": "studydate date examdate examinationdate dateofstudy dateofexam 00080020 studiendatum datum "
    "untersuchungsdatum aufnahmedatum untersuchtam",
    "modality": "modality modalities modalitiesinstudy 00080060 00080061 modalitat modalitaet modalitaten "
    "modalitaeten mod",
}
KNOWN: Mapping[str, Meaning] = {
    spelling: meaning for meaning, spellings in SPELLINGS.items() for spelling in spellings.split()
}


def meaning_of(heading: str) -> Meaning | None:
    """By its letters and digits alone: `Accession-No.`, `AccessionNumber` and `(0008,0050)` are one heading."""
    plain = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss"))
    return KNOWN.get(re.sub(r"[^a-z0-9]", "", plain))


def headings(cells: Sequence[str]) -> list[Meaning | None]:
    """What the columns hold, where `cells` is a line of headings; of two with one meaning the first one counts."""
    found: list[Meaning | None] = []
    for cell in cells:
        meaning = meaning_of(cell)
        found.append(None if meaning in found else meaning)
    return found
