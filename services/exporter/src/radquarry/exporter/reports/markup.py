"""What a report says where it is written in markup: entities and escapes decoded, tags and control words taken out.

HTML and XML, RTF, HL7's and JSON's escapes, and UTF-8 that was read as Windows-1252, also as remnants in plain text.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from radquarry.exporter.reports.spans import Span
from radquarry.exporter.reports.unseen import PLAIN, UNSEEN

ATTRIBUTES = r"""(?:\s+[\w:.-]+(?:\s?=\s?(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))?)*+"""
TAG = (
    r"(?P<tag><!--[^<>]{0,500}-->|<[!?]\w[^<>]{0,500}>"
    rf"|</?(?P<element>[A-Za-z][\w.-]{{0,40}}+(?::[\w.-]{{1,40}}+)?){ATTRIBUTES}\s?/?>)"
)
CONTROL_WORDS = (
    "rtf|ansicpg|ansi|deff|deflang|pard|par|plain|line|tab|cell|row|page|sect|bullet|endash|emdash|lquote|rquote"
    "|ldblquote|rdblquote|ulnone|ul|strike|super|sub|nosupersub|highlight|lang|fs|cf|cb|uc|ql|qr|qc|qj|li|ri|fi|sb|sa|sl"
    "|caps|scaps|b|i|f|v|s"
)
"""Of RTF, that are read in a text that does not say that it is RTF."""
MISREAD = r"(?P<misread>[ÂÃÄÅÐÑ][\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|Ã(?=[a-z])|Ã )"
"""UTF-8 as Windows-1252: Ã¼. Behind the Ã of an í nothing is seen, and behind that of an à there is a space."""
LINE_ENDS = frozenset(
    ("br", "p", "div", "tr", "li", "ul", "ol", "table", "tbody", "hr", "h1", "h2", "h3", "h4", "h5", "h6",
     "paragraph", "item", "list", "caption", "section", "title", "text", "par", "pard", "line", "row",
     "page", "sect")
)  # fmt: skip
"""Tags and control words that end a line."""
CELLS = frozenset(("td", "th", "cell", "tab"))
BROKEN = re.compile(r"-[^\S\n]*\n\s*|(?<=\b[^\W\d_])[ ](?=[^\W\d_]\b)")
SYMBOLS = {"~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\"}


RUN = re.compile(r"(.)\1{99,}", re.DOTALL)
"""A hundred times the same character: nothing that is written, and dear to look through."""
LONGEST_RUN = 80
QUOTED = re.compile(
    r"=[C-F][0-9A-F]=[89AB][0-9A-F]|[A-Za-z]=[C-F][0-9A-F](?=[a-z]|=?\b)|=3D|(?<=[^\W_])=\r?\n(?=[^\W_])"
)
"""Says that a text is quoted-printable (RFC 2045): bytes of a letter, an equals sign, a word over two lines."""


@dataclass(frozen=True)
class Way:
    """How markup is read: tags are nothing, a space, or as they end lines (None), or stay with what stands in them.

    `letter_instead`: a letter behind RTF's \\u is what old readers show; `every_json`: four digits are hexadecimal.
    """

    between: str | None = None
    tags_stay: bool = False
    letter_instead: bool = False
    every_json: bool = False


WAYS = (
    Way(),
    Way(between=""),
    Way(between=" "),
    Way(between="", tags_stay=True),
    Way(between="", letter_instead=True),
    Way(between="", every_json=True),
)


@dataclass(frozen=True)
class Reading:
    """`text`, and from where to where in the original each of its characters stands."""

    text: str
    begins: Sequence[int]
    ends: Sequence[int]

    def spans(self, found: Span) -> Iterator[Span]:
        """In the original: markup in between stays, the first piece becomes the replacement, the others nothing."""
        pieces: list[tuple[int, int]] = []
        part = slice(found.begin, found.end)
        for begin, end in zip(self.begins[part], self.ends[part], strict=True):
            if pieces and begin <= pieces[-1][1]:
                pieces[-1] = (pieces[-1][0], max(pieces[-1][1], end))
            elif begin < end:
                pieces.append((begin, end))
        for number, (begin, end) in enumerate(pieces):
            yield Span(begin, end, found.kind, "" if number else found.replacement)


def shortened(text: str) -> Reading:
    """With no character more than 80 times in a row, the last of which stands for the rest."""
    gone = [(found.start() + LONGEST_RUN, found.end()) for found in RUN.finditer(text)]
    if not gone:
        return Reading(text, range(len(text)), range(1, len(text) + 1))
    kept = list(zip([0, *(end for _, end in gone)], [*(begin for begin, _ in gone), len(text)], strict=True))
    begins = [at for begin, end in kept for at in range(begin, end)]
    ends = [at + 1 for at in begins]
    at = 0
    for (begin, end), (_, rest) in zip(kept, gone, strict=False):
        at += end - begin
        ends[at - 1] = rest
    return Reading("".join(text[begin:end] for begin, end in kept), begins, ends)


def readings_of(text: str) -> tuple[Reading, ...]:
    """The usual one first; in the others a name may stand that is cut in pieces, or that a tag has in it."""
    plain = Reading(text, range(len(text)), range(1, len(text) + 1))
    if BROKEN.search(text):
        return (*_marked_up(text, plain), _joined(text))
    return _marked_up(text, plain)


def _marked_up(text: str, plain: Reading) -> tuple[Reading, ...]:
    if not re.search(rf"[<&\\]|{MISREAD}", text) and not QUOTED.search(text):
        return (plain,)
    readings = {reading.text: reading for reading in (*(_read(text, way) for way in reversed(WAYS)), plain)}
    first = _read(text, WAYS[0])
    return (first, *(reading for said, reading in readings.items() if said != first.text))


def inside_tags(text: str) -> Iterator[Reading]:
    """What stands in attributes and comments, each alone."""
    for found in re.finditer(TAG, text):
        if "=" in found[0] or found[0].startswith("<!--"):
            inside = _read(found[0], WAYS[3])
            begin = found.start()
            yield Reading(inside.text, [begin + at for at in inside.begins], [begin + at for at in inside.ends])


def _joined(text: str) -> Reading:
    """With what is broken over two lines, or written with a space behind each letter, in one."""
    gone = {at for found in BROKEN.finditer(text) for at in range(*found.span())}
    begins = [at for at in range(len(text)) if at not in gone]
    return Reading("".join(text[at] for at in begins), begins, [at + 1 for at in begins])


@cache
def _tokens(way: Way, *, is_rtf: bool, is_quoted: bool) -> re.Pattern[str]:
    word = r"[a-z]{1,32}" if is_rtf else rf"(?:{CONTROL_WORDS})(?![a-zà-ÿ])"
    json = r"[0-9a-fA-F]{4}" if way.every_json else r"0[0-9a-fA-F]{3}"
    instead = r"|[^\W\d_]" if way.letter_instead else ""
    return re.compile(
        "|".join(
            (
                *(() if way.tags_stay else (TAG,)),
                r"(?P<entity>&(?:amp;)*+(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?)",
                r"\\(?:X(?P<hl7>[0-9A-Fa-f]{2})|(?P<shown>[HNEFSTR]|\.(?:br|sp|in|ti|fi|nf|ce|sk)[+-]?\d{0,3}))\\",
                r"\\'(?P<byte>[0-9a-fA-F]{2})",
                rf"\\u(?P<json>{json})",
                rf"\\u(?P<code>-?\d{{1,5}})\s?(?:[?*]|\\'[0-9a-fA-F]{{2}}{instead}|)",
                rf"\\(?P<control>{word})(?:-?\d{{1,10}})?\s?",
                r"\\(?P<symbol>[~_*{}\\-])",
                r"(?P<brace>[{}])",
                *((r"(?P<soft>=[^\S\n]*\r?\n)", r"(?P<quoted>(?:=[0-9A-F]{2})+)") if is_quoted else ()),
                *((r"(?P<wrap>[\r\n]+)",) if is_rtf else ()),
                MISREAD,
            )
        )
    )


def _read(text: str, way: Way) -> Reading:
    said: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    page = re.search(r"\\ansicpg(\d{3,5})", text)
    codepage = (
        f"cp{page[1]}" if page and page[1] in ("1250", "1251", "1253", "1254", "1257", "437", "850") else "cp1252"
    )
    at = 0
    for found in _tokens(way, is_rtf="{\\rtf" in text, is_quoted=QUOTED.search(text) is not None).finditer(text):
        decoded = _decoded(found, way, codepage)
        if decoded is None:
            continue
        said += text[at : found.start()]
        begins += range(at, found.start())
        ends += range(at + 1, found.start() + 1)
        at = found.end()
        is_markup = found.lastgroup in ("tag", "element", "control", "shown", "brace", "wrap", "soft")
        if not decoded and said and not is_markup and ends[-1] == found.start():
            ends[-1] = at
        for character in decoded:
            if said and unicodedata.combining(character):
                said[-1], ends[-1] = unicodedata.normalize("NFC", said[-1] + character)[:1], at
                continue
            said.append(character)
            begins.append(at if is_markup else found.start())
            ends.append(at)
    said += text[at:]
    begins += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return Reading("".join(said), begins, ends)


def _decoded(found: re.Match[str], way: Way, codepage: str) -> str | None:
    """What it says; None where it is no markup."""
    groups = {name: part for name, part in found.groupdict().items() if part is not None}
    if "entity" in groups:
        return _entity(groups["entity"])
    if "byte" in groups or "hl7" in groups:
        return bytes.fromhex(groups.get("byte") or groups["hl7"]).decode(codepage, "ignore").translate(UNSEEN | PLAIN)
    if "json" in groups or "code" in groups:
        number = int(groups["json"], 16) if "json" in groups else int(groups["code"]) % 0x10000
        return chr(number).translate(UNSEEN | PLAIN)
    if "misread" in groups:
        return _reread(groups["misread"])
    if "quoted" in groups:
        return _unquoted(groups["quoted"], codepage).translate(UNSEEN | PLAIN)
    if not groups.keys().isdisjoint(("symbol", "brace", "wrap", "soft")):
        return SYMBOLS.get(groups.get("symbol", ""), "")
    name = groups.get("element") or groups.get("control") or groups.get("shown", "")
    if way.between is not None:
        return way.between
    kind = name.rpartition(":")[2].lower()
    return " " if kind in CELLS else "\n" if kind in LINE_ENDS or name.startswith(".") else ""


def _unquoted(text: str, codepage: str) -> str:
    data = bytes.fromhex(text.replace("=", ""))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(codepage, "ignore")


def _entity(text: str) -> str | None:
    said = text
    for _ in range(4):
        before, said = said, html.unescape(said)
        if before == said:
            break
    return None if said == text else said.translate(UNSEEN | PLAIN)


def _reread(text: str) -> str | None:
    if text in ("Ã", "Ã "):
        return "í" if text == "Ã" else "à"
    data = b"".join(
        character.encode("latin-1") if ord(character) < 0x100 else character.encode("cp1252") for character in text
    )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None
