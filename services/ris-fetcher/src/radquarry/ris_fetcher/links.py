"""How a report belongs to a study, whichever way it came."""

from radquarry.messages.studies import Link

NO_REPORT_YET = {"registered", "entered-in-error", "cancelled", "unknown"}
"""Status (FHIR DiagnosticReport.status) of what nobody has written, or somebody has taken back."""

NO_NUMBER = "the study has no accession number to ask for"
NOT_THERE = "the RIS has no report under this accession number yet"
ANOTHER_PATIENT = "the report under this accession number names another patient (conflict)"
EMPTY = "the report is empty"


def link(reports: int, spelling: int) -> Link:
    """`several` different ones under the number, else by its first spelling `exact`, by a later one `accession`."""
    return "several" if reports > 1 else "accession" if spelling else "exact"


def same_patient(theirs: str, ours: str) -> bool:
    """Whether two patient ids can be one: equal but for case and leading zeros, or one of them not given."""
    mine, other = ours.strip().upper().lstrip("0"), theirs.strip().upper().lstrip("0")
    return not mine or not other or mine == other
