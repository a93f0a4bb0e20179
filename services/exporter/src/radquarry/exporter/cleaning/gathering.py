"""Who a file is about, read from the original at any depth before anything is changed."""

import re

from radquarry.exporter.cleaning.charsets import DEFAULT, Encodings, decoded, encodings_of
from radquarry.exporter.cleaning.own_values import Identity
from radquarry.exporter.dicom_bytes.elements import Dataset, Element, plain

NAMES = frozenset((0x00100010, 0x00100012, 0x00101001, 0x00101005, 0x00101060))
"""PatientName, NameToUse, OtherPatientNames, PatientBirthName, PatientMotherBirthName."""
IDS = frozenset((0x00100020, 0x00101000, 0x00080050, 0x00101002))
"""PatientID, OtherPatientIDs, AccessionNumber; OtherPatientIDsSequence holds PatientID."""
UIDS = frozenset((0x00080018, 0x0020000D, 0x0020000E, 0x00200052))
BIRTH_DATE = 0x00100030
ANY_DATE = 0x00080020
"""StudyDate stands for every other date, too, and for the day of a DT."""
DAY = re.compile(r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])")
VERSIONS = frozenset((0x00080106, 0x00080107))
"""ContextGroupVersion and ContextGroupLocalVersion are days of no patient."""
CHARSET = 0x00080005


def identity_of(dataset: Dataset, *, uids: bool, dates: bool) -> Identity:
    """`uids` and `dates` say whether those of the file are to be found in texts too."""
    identity = Identity(patient_id=_patient_id(dataset))
    wanted = NAMES | IDS | {BIRTH_DATE} | (UIDS if uids else frozenset()) | ({ANY_DATE} if dates else frozenset())
    _gather(dataset, DEFAULT, identity, wanted)
    return identity


def _patient_id(dataset: Dataset) -> str:
    """Without one, a study stands for a patient of its own: nobody is taken for somebody else."""
    for element in dataset:
        if element.tag == 0x00100020:
            text = decoded(element.value, charset_of(dataset, DEFAULT)).strip(" \0")
            if text:
                return text
    return f"study {plain(dataset, 0x0020000D) or plain(dataset, 0x00080018)}"


def charset_of(dataset: Dataset, around: Encodings) -> Encodings:
    """A sequence's item may have its own."""
    for element in dataset:
        if element.tag == CHARSET and len(element.value):
            return encodings_of(bytes(element.value[:1024]).rstrip(b" \0"))
    return around


def _gather(dataset: Dataset, around: Encodings, identity: Identity, wanted: frozenset[int]) -> None:
    encodings = charset_of(dataset, around)
    identity.encodings.update(encodings)
    for element in dataset:
        if element.items:
            for item in element.items:
                _gather(item, encodings, identity, wanted)
        elif element.items is None and (element.tag in wanted or (ANY_DATE in wanted and _says_a_day(element))):
            _take(element, encodings, identity)


def _says_a_day(element: Element) -> bool:
    return element.vr in (b"DA", b"DT") and element.tag not in VERSIONS


def _take(element: Element, encodings: Encodings, identity: Identity) -> None:
    text = decoded(element.value[:65536], encodings, name=element.tag in NAMES).strip(" \0")
    parts = [part.strip(" \0") for part in text.split("\\") if part.strip(" \0")]
    if element.tag in NAMES:
        identity.names.update(parts)
    elif element.tag in IDS:
        identity.ids.update(parts)
    elif element.tag in UIDS:
        identity.uids |= dict.fromkeys(parts, "")
    else:
        days = (DAY.match(re.sub(r"[.-]", "", part[:10]) if element.vr == b"DA" else part) for part in parts)
        identity.dates.update(day[0] for day in days if day)
