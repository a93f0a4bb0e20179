"""What a client takes: the Accept header and its parameters (PS3.18 section 8.7, RFC 9110 section 12.5.1)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from radquarry.api.problems import Problem

EXPLICIT = "1.2.840.10008.1.2.1"
JSON = ("application/dicom+json", "application/json")
_VALUE = r'"(?:[^"\\]|\\.)*+"|[^;,\s]*+'
_PARAMETER = re.compile(rf';\s*+([^\s=;,"]++)\s*+=\s*+({_VALUE})')
_RANGE = re.compile(rf'(?:^|(?<=,))\s*+([^\s;,"]++)((?:\s*+;\s*+[^\s=;,"]++\s*+=\s*+(?>{_VALUE}))*+)\s*+(?:,|$)')
"""Nothing is tried twice (possessive): a header of some hundred signs could keep the process busy for hours."""
LONGEST = 8192


@dataclass(frozen=True)
class Range:
    """One media range. Of `multipart/related` its `type` parameter is what counts, and is `media`."""

    media: str
    is_multipart: bool
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def transfer_syntax(self) -> str:
        """`*` is as stored; empty where none is named."""
        return self.parameters.get("transfer-syntax", "")

    def takes(self, media: str) -> bool:
        """Whether `media` is in this range."""
        if self.media in {"*/*", media}:
            return True
        return self.media.endswith("/*") and media.startswith(self.media[:-1])


def ranges(accept: str) -> list[Range]:
    """In the order of their quality; all when nothing is said."""
    if not accept.strip():
        return [Range("*/*", is_multipart=False)]
    found = []
    for match in _RANGE.finditer(accept[:LONGEST]):
        parameters = {name.lower(): _unquoted(value) for name, value in _PARAMETER.findall(match[2])}
        media = match[1].lower()
        multipart = media == "multipart/related"
        if multipart:
            media = parameters.get("type", "*/*").lower()
        found.append((_quality(parameters), Range(media, multipart, parameters)))
    return [each for quality, each in sorted(found, key=lambda one: -one[0]) if quality > 0]


def json_type(accept: str) -> str:
    """Which of the two JSON types to answer with; raises the problem to answer with."""
    for each in ranges(accept):
        for media in JSON:
            if each.takes(media) and not each.is_multipart:
                return media
    raise not_acceptable(JSON)


def not_acceptable(offered: Iterable[str]) -> Problem:
    """406, with what there is."""
    detail = f"Nothing that the Accept header names can be given. Offered: {', '.join(offered)}."
    return Problem(406, "not-acceptable", "Not in this form", detail)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _quality(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
