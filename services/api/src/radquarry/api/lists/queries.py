"""Queries as people write them down: JSON, a list of C-FIND identifiers or a single one."""

import json

from radquarry.api.problems import Problem, invalid
from radquarry.messages import QueryOrder

EXAMPLE = '[{"QueryRetrieveLevel": "STUDY", "PatientID": "4711", "StudyDate": "20240101-"}]'
FORM = f"Queries are a list of objects, DICOM keyword and value: {EXAMPLE}."


def queries_in(text: str) -> tuple[QueryOrder, ...]:
    """Raises the problem that says where they cannot be read; values of the text are in no message."""
    if not text.strip():
        raise invalid(FORM)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise invalid(f"Line {error.lineno}, column {error.colno}: this is no JSON. {error.msg}.") from None
    except RecursionError:
        raise invalid(FORM) from None
    queries = found if isinstance(found, list) else [found]
    if not queries:
        raise invalid(FORM)
    return tuple(_query(number, query) for number, query in enumerate(queries, 1))


def _query(number: int, query: object) -> QueryOrder:
    if not isinstance(query, dict):
        raise invalid(f"Query {number} is no object. {FORM}")
    return {keyword: _value(number, value) for keyword, value in query.items()}


def _value(number: int, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _no_text(number)
    return value


def _no_text(number: int) -> Problem:
    return invalid(f'Query {number}: every value is text in "quotation marks", numbers and dates too.')
