"""Whether a value that is about to leave is written as what it is: a representation may hide a whole data set."""

import re
from collections.abc import Iterable
from functools import lru_cache
from struct import pack

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR, repeater_has_tag
from pydicom.uid import UID

from radquarry.exporter.release.raw_values import IMPLICIT, NotReadable, RawFile, Value

CLOCK = re.compile(r"([01][0-9]|2[0-3])(:?[0-5][0-9](:?([0-5][0-9]|60)(\.[0-9]{1,6})?)?)?")
EPOCHS = frozenset(("00010101", "17530101", "18581117", "19000101", "19700101", "99991231"))
"""What stands where no date is known: moved, it says by how much."""
VERSIONS = frozenset(("ContextGroupVersion", "ContextGroupLocalVersion", "TemplateVersion", "TemplateLocalVersion"))
EXPLICIT = "1.2.840.10008.1.2.1"


@lru_cache(maxsize=4096)
def representations(tag: int) -> tuple[str, ...]:
    """Those of the dictionary; none for private attributes and others that it does not hold."""
    if tag & 0x10000 or not (dictionary_has_tag(tag) or repeater_has_tag(tag)):
        return ()
    return tuple(dictionary_VR(tag).split(" or "))


def is_written_as_another(value: Value) -> bool:
    """A UN may be anything but a sequence that cannot be read."""
    known = representations(value.tag)
    if not known or value.vr in known:
        return False
    return value.vr != "UN" or (known == ("SQ",) and not _holds_items(value))


def is_inside_another(value: Value) -> bool:
    """Whether what is around it is no sequence."""
    return any(known != ("SQ",) for tag in value.place[::2] if (known := representations(tag)))


def understood(value: Value) -> Value:
    """A UN as the value that the dictionary says it is."""
    known = representations(value.tag)
    return value._replace(vr=known[0]) if value.vr == "UN" and len(known) == 1 and known != ("SQ",) else value


def is_time_of_day(text: str) -> bool:
    """Every value of a TM has the form of one."""
    return all(not part.strip() or CLOCK.fullmatch(part.strip()) for part in text.split("\\"))


def is_version(tag: int) -> bool:
    """Of a code table or a template: the same for everybody, so that it stays."""
    return dictionary_has_tag(tag) and dictionary_keyword(tag) in VERSIONS


def is_transfer_syntax(uid: str) -> bool:
    """Whether PS3.6 names it as one."""
    return UID(uid, validation_mode=IGNORE).type == "Transfer Syntax"


def digits_of(ids: Iterable[str]) -> frozenset[str]:
    """All that a UID could say of them."""
    numbers = ("".join(filter(str.isdecimal, text)) for text in ids)
    return frozenset(number for number in numbers if len(number) > 4)


def _holds_items(value: Value) -> bool:
    group, number, size = value.tag >> 16, value.tag & 0xFFFF, len(value.data)
    heads = {IMPLICIT: pack("<HHL", group, number, size), EXPLICIT: pack("<HH2sxxL", group, number, b"SQ", size)}
    for syntax, head in heads.items():
        meta = pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax.encode()
        file = bytes(128) + b"DICM" + meta + head + bytes(value.data)
        try:
            for _ in RawFile(memoryview(file)).values():
                pass
        except NotReadable:
            continue
        return True
    return False
