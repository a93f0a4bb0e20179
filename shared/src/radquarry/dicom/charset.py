"""Text of a data set: the answer's Specific Character Set, else the PACS's, else the bytes made visible.

PS3.5 section 6.1.2 and PS3.3 section C.12.1.1.2; the tables are pydicom's.
"""

import re
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, STAND_ALONE_ENCODINGS, handled_encodings, python_encoding

ESCAPE = b"\x1b"
FRAGMENTS = re.compile(rb"^[^\x1b]+|\x1b[^\x1b]*")
RESETS = frozenset(b"^=\\\r\n\t\f")
"""Characters after which the first character set is in force again."""

EVERY = tuple(CODES_TO_ENCODINGS.values())
"""For answers that use an escape sequence they did not announce."""
NO_CHARSET = ("", "ISO_IR 6", "ISO 2022 IR 6")
CONTROLS = dict.fromkeys([*range(0x20), 0x7F])


def decoded(raw: bytes, declared: str, fallback: str) -> tuple[str, bool]:
    """The text of `raw`, and whether it was what its character set promised.

    `declared` is the answer's Specific Character Set, values joined by a backslash, "" when it names none;
    `fallback` is the PACS's. Bytes that fit neither stay readable as `\\xNN`. Never raises.
    """
    if raw.isascii() and ESCAPE not in raw:
        return raw.decode("ascii"), True
    first, second = _encodings(declared), _encodings(fallback)
    attempts = [(first, True), (second, declared in NO_CHARSET)]
    if ESCAPE in raw:
        attempts += [(encodings + EVERY, False) for encodings in (first, second) if encodings]
    for encodings, is_clean in attempts:
        try:
            return _strictly(raw, encodings), is_clean
        except (ValueError, IndexError):
            continue
    return raw.decode("ascii", "backslashreplace"), False


def trimmed(text: str) -> str:
    """Without padding and without control characters."""
    return text.translate(CONTROLS).strip()


@lru_cache(maxsize=256)
def _encodings(charset: str) -> tuple[str, ...]:
    """Python's codecs for a Specific Character Set; empty where it is unknown or names none.

    Only names in the standard's table are taken: Python has codecs that are no character sets.
    """
    terms = [_term(value) for value in charset.split("\\")]
    if any(term not in python_encoding for term in terms):
        return ()
    if terms[0] in STAND_ALONE_ENCODINGS:
        return (python_encoding[terms[0]],)
    if len(terms) == 1 and terms[0] in NO_CHARSET:
        return ()
    first = "ascii" if terms[0] in NO_CHARSET else python_encoding[terms[0]]
    return (first, *(python_encoding[term] for term in terms[1:] if term not in STAND_ALONE_ENCODINGS))


def _term(value: str) -> str:
    """A defined term with the usual misspellings mended: `ISO-IR 100`, `iso 2022 ir 6`, `UTF-8`."""
    text = re.sub(r"[\s_-]+", " ", value.strip().upper())
    if text in ("UTF8", "UTF 8"):
        return "ISO_IR 192"
    return re.sub(r"^ISO IR ?", "ISO_IR ", re.sub(r"^ISO 2022 IR ?", "ISO 2022 IR ", text))


def _strictly(raw: bytes, encodings: tuple[str, ...]) -> str:
    if ESCAPE not in raw:
        return raw.decode(encodings[0])
    return "".join(_fragment(fragment, encodings) for fragment in FRAGMENTS.findall(raw))


def _fragment(raw: bytes, encodings: tuple[str, ...]) -> str:
    """One stretch between escape sequences; one that the answer did not announce is a ValueError."""
    if not raw.startswith(ESCAPE):
        return raw.decode(encodings[0])
    length = 4 if raw[:3] in (b"\x1b$(", b"\x1b$)") else 3
    encoding = CODES_TO_ENCODINGS.get(raw[:length])
    to_ascii = raw[:length] == b"\x1b(B"
    if encoding is None or (encoding not in encodings and not to_ascii):
        raise ValueError("an escape sequence the answer did not announce")
    if encoding in handled_encodings:
        return raw.decode(encoding)
    text = raw[length:]
    end = next((place for place, byte in enumerate(text) if byte in RESETS), len(text))
    return text[:end].decode(encodings[0] if to_ascii else encoding) + text[end:].decode(encodings[0])
