"""FHIR search on DiagnosticReport: which visits' reports a query string means."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from radquarry.hospital.fhir import ACCESSION_SYSTEM, PATIENT_SYSTEM
from radquarry.hospital.visits import Visit, Visits

_ACCESSION = {"identifier", "based-on:ServiceRequest.identifier", "based-on.identifier", "based-on:identifier"}
_PATIENT = {
    f"{name}{chain}"
    for name in ("patient", "subject")
    for chain in (".identifier", ":Patient.identifier", ":identifier")
}
_CONTROL = {"_count", "_sort", "_format", "_pretty", "_total", "_summary", "_elements", "_include", "_after"}
_OTHERS = {"patient", "subject", "date", "issued", "status", "category", "_id"}
SEARCHABLE = sorted({"identifier", "based-on", "patient", "subject", "date", "issued", "status", "category", "_id"})
Test = Callable[[date], bool]


class UnknownParameterError(ValueError):
    """A search parameter, or a value, this server does not understand (HTTP 400)."""


@dataclass(frozen=True, slots=True)
class Search:
    """The visits that may match, in order, and what each must fulfil besides."""

    visits: Sequence[int]
    wanted: Callable[[Visit, str, date], bool]


def read_search(parameters: Iterable[tuple[str, str]], visits: Visits) -> Search:
    """What a query string asks for. Naming nothing means every report. Raises UnknownParameterError."""
    found: list[set[int]] = []
    days: list[Test] = []
    issues: list[Test] = []
    statuses: set[str] = set()
    bounds = [visits.workload.start_date, visits.workload.end_date]
    for name, value in parameters:
        if name in _CONTROL or name == "category":
            continue
        if name == "date":
            days.append(_date_test(value, bounds))
        elif name == "issued":
            issues.append(_date_test(value, [date.min, date.max]))
        elif name == "status":
            statuses |= set(value.split(","))
        else:
            found.append({visit for one in value.split(",") for visit in _named(name, one, visits)})
    numbers: Sequence[int] = visits.workload.visits_between(bounds[0], bounds[1])
    if found:
        numbers = sorted(set.intersection(*found))

    def wanted(visit: Visit, status: str, issued: date) -> bool:
        fits = all(test(visit.day) for test in days) and all(test(issued) for test in issues)
        return fits and (not statuses or status in statuses)

    return Search(numbers, wanted)


def _named(name: str, value: str, visits: Visits) -> list[int]:
    if name in _ACCESSION:
        visit = visits.with_ris_accession_number(_token(value, ACCESSION_SYSTEM))
        return [] if visit is None else [visit]
    if name in _PATIENT:
        return visits.of_patient_id(_token(value, PATIENT_SYSTEM))
    if name in {"patient", "subject"}:
        number = value.removeprefix("Patient/").removeprefix("p")
        return visits.of_patient(int(number)) if number.isascii() and number.isdigit() and len(number) < 12 else []
    if name == "_id":
        number = value.removeprefix("r")
        known = number.isascii() and number.isdigit() and int(number) < visits.count
        return [int(number)] if known else []
    raise UnknownParameterError(f"unknown search parameter {name!r}; known: {', '.join(SEARCHABLE)}")


def _token(value: str, system: str) -> str:
    """The value of `system|value`; something that matches nothing when the system is another's."""
    asked, bar, token = value.rpartition("|")
    return token.strip() if not bar or asked in {"", system} else "\0"


def _date_test(value: str, bounds: list[date]) -> Test:
    """The test of a date parameter with its prefix; narrows `bounds` (first and last possible day) with it."""
    prefix, text = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
    try:
        first = date.fromisoformat(text[:10])
    except ValueError:
        raise UnknownParameterError(f"{value!r} is not a date of the form 2024-05-31") from None
    if prefix in {"eq", "ge", "gt", "sa"}:
        bounds[0] = max(bounds[0], first)
    if prefix in {"eq", "le", "lt", "eb"}:
        bounds[1] = min(bounds[1], first)
    tests: dict[str, Test] = {
        "eq": lambda day: day == first,
        "ne": lambda day: day != first,
        "ge": lambda day: day >= first,
        "le": lambda day: day <= first,
        "gt": lambda day: day > first,
        "sa": lambda day: day > first,
        "lt": lambda day: day < first,
        "eb": lambda day: day < first,
        "ap": lambda day: abs(day - first) <= timedelta(days=3),
    }
    if prefix not in tests:
        raise UnknownParameterError(f"unknown prefix {prefix!r} in {value!r}")
    return tests[prefix]
