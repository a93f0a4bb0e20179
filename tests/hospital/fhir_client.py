"""A FHIR client of the hospital: the reports of a search, and the words of a report."""

import base64
import re
from html import unescape
from typing import Any

import httpx

Resource = dict[str, Any]


def reports(ris: httpx.Client, **parameters: Any) -> list[Resource]:
    """All entries of a search, following its links."""
    answer = ris.get("/DiagnosticReport", params=parameters)
    found: list[Resource] = []
    while True:
        bundle = answer.raise_for_status().json()
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        if not following:
            return found
        answer = ris.get(following[0])


def words_of(report: Resource) -> list[str]:
    """The words of a report in whichever form it came."""
    for form in report.get("presentedForm", []):
        text = base64.b64decode(form["data"]).decode()
        return without_tags(text.partition("<body>")[2]) if "html" in form["contentType"] else text.split()
    return without_tags(report["text"]["div"]) if "text" in report else report["conclusion"].split()


def without_tags(html: str) -> list[str]:
    """The words of a page."""
    return unescape(re.sub("<[^>]*>", " ", html)).split()
