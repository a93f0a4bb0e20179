"""The patient's own values, and what is left of a text beside them."""

from radquarry.exporter.cleaning.own_values import Identity
from tests.exporter.cleaning import cleaned_dataset, ct

BORN, STUDIED = "19620305", "20190807"


def identity(*names: str, ids: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> Identity:
    """Of a patient who is known by these values."""
    return Identity(names=set(names), ids=set(ids), dates=set(dates))


def text_left(text: str, **values: object) -> str:
    """What becomes of a text that stays, in a file with these values."""
    dataset = ct()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientBirthDate, dataset.StudyDate = BORN, STUDIED
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.ExtendedCodeMeaning = text
    return str(cleaned_dataset(dataset).get("ExtendedCodeMeaning", ""))
