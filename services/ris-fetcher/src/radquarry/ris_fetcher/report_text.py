"""The plain text of a report: from HTML, from XHTML, from whatever bytes a RIS calls text."""

import re

from inscriptis import get_text
from lxml.etree import LxmlError

from radquarry.errors import Permanent

MOST_CHARACTERS = 10_000_000


class Unreadable(Permanent):
    """Not text we can read; says what it is, not what it holds."""


def plain_text(content: bytes, content_type: str) -> str:
    """The text of an attachment. `content_type`: `text/plain` or `text/html`, with a charset or without."""
    kind = content_type.partition(";")[0].strip().lower() or "text/plain"
    if kind not in ("text/plain", "text/html", "application/xhtml+xml"):
        raise Unreadable(f"the report is {kind}, not text")
    text = decoded(content, content_type)
    return tidy(text) if kind == "text/plain" else text_of_html(text)


def text_of_html(markup: str) -> str:
    """What a reader of the page would see; scripts and styles are none of it."""
    if len(markup) > MOST_CHARACTERS:
        raise Unreadable(f"the report has {len(markup)} characters of HTML")
    try:
        text = tidy(get_text(re.sub(r"<\?xml[^>]*\?>", "", markup, count=1)))
    except (LxmlError, ValueError, RecursionError, AssertionError, IndexError, KeyError) as error:
        raise Unreadable(f"the report's HTML cannot be read: {type(error).__name__}") from None
    if not text and re.sub(r"<[^>]*>", "", markup).strip():
        raise Unreadable("the report's HTML holds no text that can be read")
    return text


def decoded(content: bytes, content_type: str) -> str:
    """Bytes as text: the charset that is named, else UTF-8, else Latin-1, which takes every byte."""
    named = re.search(r"charset=\"?([A-Za-z0-9_.:-]+)", content_type, re.IGNORECASE)
    for charset in ([named[1]] if named else []) + ["utf-8-sig"]:
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("latin-1")


def tidy(text: str) -> str:
    """Lines without trailing blanks, at most one empty line in a row, no control characters but line ends and tabs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(character for character in text if character >= " " or character in "\n\t")
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
