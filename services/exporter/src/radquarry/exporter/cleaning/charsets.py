"""Text as Specific Character Set says it (PS3.3 section C.12.1.1.2), whatever is wrong with it."""

import codecs
import warnings
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes, encode_string, python_encoding

from radquarry.exporter.dicom_bytes.elements import Bytes

Encodings = tuple[str, ...]
DEFAULT: Encodings = ("iso8859",)
ESCAPE = b"\x1b"
KNOWN = frozenset(python_encoding.values())
"""Python has others, which are no character sets."""
AS_LATIN_1 = "radquarry.latin-1"
_TEXT_DELIMITERS, _NAME_DELIMITERS = {0x0D, 0x0A, 0x09, 0x0C}, {0x0D, 0x0A, 0x09, 0x0C, 0x5E, 0x3D, 0x5C}


@lru_cache(maxsize=256)
def encodings_of(value: bytes) -> Encodings:
    """Python's names for the value of (0008,0005); what is not known counts as Latin 1."""
    terms = [term.strip() for term in value.decode("ascii", "replace").split("\\")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = tuple(convert_encodings(terms))
        except (LookupError, ValueError):
            return DEFAULT
    return found if found and KNOWN.issuperset(found) else DEFAULT


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(AS_LATIN_1, _as_latin_1)


def decoded(value: Bytes, encodings: Encodings, *, name: bool = False) -> str:
    """The text; bytes that fit no encoding are read as Latin 1: what differs in the file differs here, too."""
    data = bytes(value)
    if data.isascii() and ESCAPE not in data and encodings[0] not in ("utf_16", "utf_16_be"):
        return data.decode("ascii")
    if len(encodings) == 1 and ESCAPE not in data:
        return data.decode(encodings[0], AS_LATIN_1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = decode_bytes(data, encodings, _NAME_DELIMITERS if name else _TEXT_DELIMITERS)
        except (LookupError, ValueError):
            return data.decode("latin-1")
    return data.decode("latin-1") if "\ufffd" in text else text


def encoded(text: str, encodings: Encodings) -> bytes:
    """Bytes that say the text in these encodings; what cannot be said becomes a question mark."""
    if text.isascii():
        return text.encode("ascii")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return encode_string(text, encodings)
        except (LookupError, ValueError):
            return text.encode("ascii", "replace")
