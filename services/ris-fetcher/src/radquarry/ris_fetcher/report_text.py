"""The plain text of a report: from HTML, from XHTML, from whatever bytes a RIS calls text."""

import codecs
import re
from copy import copy, deepcopy

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from radquarry.errors import Permanent

MOST_CHARACTERS = 1_000_000
MOST_TAGS = 20_000
LONGEST_TAG = 20_000
MOST_LAID_OUT = 20_000_000
"""Of HTML without its embedded pictures: characters, tags, characters of a tag, characters when lines are padded."""
EMBEDDED = re.compile(r"data:[\w/+.;=-]*base64,[A-Za-z0-9+/=\s]*")
SEEN = ("display", "white-space")
"""The styles that decide whether and how text is read."""
NO_CHARSETS = ("punycode", "idna", "undefined", "unicode-escape", "unicode_escape", "raw-unicode-escape")
"""Python's codecs that are no encodings of text; some take hours."""
UNPRINTABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000)])


class Unreadable(Permanent):
    """Not text we can read; says what it is, not what it holds."""


def plain_text(content: bytes, content_type: str) -> str:
    """The text of an attachment. `content_type`: `text/plain` or `text/html`, with a charset or without."""
    kind = kind_of(content_type) or "text/plain"
    if kind not in ("text/plain", "text/html", "application/xhtml+xml"):
        raise Unreadable(f"the report is {kind}, not text")
    text = decoded(content, content_type)
    return tidy(text) if kind == "text/plain" else text_of_html(text)


def kind_of(content_type: str) -> str:
    """A content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def text_of_html(markup: str) -> str:
    """What a reader of the page would see; scripts and styles are none of it."""
    markup = EMBEDDED.sub("data:,", printable(markup)).lstrip()
    if markup.startswith("<?xml"):
        markup = markup.partition("?>")[2]
    _refuse_a_bomb(markup)
    try:
        text = tidy(_laid_out(markup)) if markup.strip() else ""
    except (LxmlError, ValueError, RecursionError, AssertionError, IndexError, KeyError) as error:
        raise Unreadable(f"the report's HTML cannot be read: {type(error).__name__}") from None
    if not text and any(piece.rpartition(">")[2].strip() for piece in markup.split("<")):
        raise Unreadable("the report's HTML holds no text that can be read")
    return text


def _refuse_a_bomb(markup: str) -> None:
    """A parser's and a layout's time grow with the square of some of these: what no report is, is not begun."""
    if len(markup) > MOST_CHARACTERS:
        raise Unreadable(f"the report has {len(markup)} characters of HTML")
    tags = markup.split("<")
    if len(tags) > MOST_TAGS:
        raise Unreadable(f"the report's HTML has {len(tags)} tags")
    if any(len(tag) > LONGEST_TAG and len(tag.partition(">")[0]) > LONGEST_TAG for tag in tags[1:]):
        raise Unreadable("the report's HTML has a tag that does not end")


def _laid_out(markup: str) -> str:
    """Lines as a browser would show them; a table becomes plain lines where its layout would be mostly blanks."""
    tree = document_fromstring(markup, parser=HTMLParser(huge_tree=True))
    for element in tree.iter("*"):
        if style := element.attrib.pop("style", ""):
            # margins and indents may be miles
            element.set("style", ";".join(each for each in style.split(";") if each.strip().lower().startswith(SEEN)))
    if len(markup) * markup.count("<") > MOST_LAID_OUT:
        flat = deepcopy(tree)
        for element in flat.iter("table", "tr", "td", "th"):
            element.tag = "span" if element.tag in ("td", "th") else "div"
        text = _text_of(flat)
        lines = text.split("\n")
        if len(lines) * max(map(len, lines)) > MOST_LAID_OUT:
            return text
    return _text_of(tree)


def _text_of(tree: HtmlElement) -> str:
    """With styles of its own: inscriptis writes through its shared ones, and threads would write into each other."""
    styles = {name: copy(style) for name, style in CSS_PROFILES["relaxed"].items()}
    return str(Inscriptis(tree, ParserConfig(css=styles)).get_text())


def decoded(content: bytes, content_type: str) -> str:
    """Bytes as text: the charset that is named, else UTF-8, else Latin-1, which takes every byte."""
    named = re.search(r"charset=\"?([A-Za-z0-9_.:-]+)", content_type, re.IGNORECASE)
    for charset in ([named[1]] if named else []) + ["utf-8-sig"]:
        try:
            if codecs.lookup(charset).name not in NO_CHARSETS:
                return content.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return content.decode("latin-1")


def printable(text: str) -> str:
    """Without control characters (line ends and tabs stay) and halves of characters, which no message can hold."""
    return text.translate(UNPRINTABLE)


def tidy(text: str) -> str:
    """Printable lines without trailing blanks, at most one empty line in a row."""
    text = printable(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
