"""The help page: how queries are written, and the keys."""

from collections.abc import Iterable
from dataclasses import dataclass

from radquarry.api.pages.wording import Language

QUERIES: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("pneumothorax -drain", "help.both"),
        ("(fracture OR dislocation) wrist", "help.either"),
        ('"pleural effusion"', "help.phrase"),
        ('"effusion pleural"~5', "help.near"),
        ("fractur*", "help.star"),
        ("efusion~1", "help.similar"),
    ),
    "de": (
        ("Pneumothorax -Drainage", "help.both"),
        ("(Fraktur OR Luxation) Handgelenk", "help.either"),
        ('"kein Nachweis"', "help.phrase"),
        ('"Nachweis Fraktur"~5', "help.near"),
        ("Fraktur*", "help.star"),
        ("Erguß~1", "help.similar"),
    ),
}
OF_FIELDS = (
    ("modality:(CT OR MR)", "help.field"),
    ("study_date:2024-05", "help.month"),
    ("study_date:[2024-01-01 TO 2024-06-30]", "help.range"),
    ("-report:*", "help.without_report"),
)


@dataclass(frozen=True)
class HelpPage:
    """Queries to try with the key of what they mean, and the fields a query may name."""

    queries: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]


def help_page(language: Language, fields: Iterable[str]) -> HelpPage:
    """The page in the reader's words."""
    return HelpPage(QUERIES[language] + OF_FIELDS, tuple(fields))
