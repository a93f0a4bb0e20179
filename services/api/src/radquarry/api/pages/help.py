"""The help page: how queries are written, and the keys."""

from dataclasses import dataclass

QUERIES = (
    ("pneumothorax -drain", "help.both"),
    ("(fracture OR luxation) wrist", "help.either"),
    ('"pleural effusion"', "help.phrase"),
    ('"pleural effusion"~5', "help.near"),
    ("fractur*", "help.star"),
    ("efusion~1", "help.similar"),
    ("modality:(CT OR MR)", "help.field"),
    ("study_date:2023-05", "help.month"),
    ("study_date:[2023-01-01 TO 2023-06-30]", "help.range"),
    ("-report:*", "help.without_report"),
)


@dataclass(frozen=True)
class HelpPage:
    """Queries to try with the key of what they mean, and the fields a query may name."""

    queries: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
