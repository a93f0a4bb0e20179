"""What a status of C-STORE, a reason of STOW-RS or of storage commitment means for a file (PS3.4 B.2.3, PS3.7 C)."""

from typing import Literal

Verdict = Literal["delivered", "failed", "later", "busy"]

WARNINGS = {
    0xB000: "it changed values of some elements",
    0xB006: "it left elements out",
    0xB007: "the data set does not match its class",
}
NAMED: dict[int, tuple[Verdict, str]] = {
    0x0000: ("delivered", ""),
    0x0107: ("delivered", "some attributes are not known there"),
    0x0110: ("later", "processing failure"),
    0x0111: ("delivered", "it had the instance already"),
    0x0112: ("later", "it does not have the instance"),
    0x0117: ("failed", "invalid SOP instance"),
    0x0119: ("failed", "class and instance do not agree"),
    0x0122: ("failed", "SOP class not supported"),
    0x0124: ("failed", "not authorized"),
    0x0131: ("later", "duplicate transaction"),
    0x0210: ("later", "duplicate invocation"),
    0x0212: ("failed", "mistyped argument"),
    0x0213: ("busy", "resource limitation"),
}


def verdict(status: int) -> tuple[Verdict, str]:
    """What becomes of the file, and the peer's word for it with the number, which is empty for a plain success."""
    if status in NAMED:
        meaning, words = NAMED[status]
    elif status in WARNINGS or status & 0xF000 == 0xB000 or status == 0x0001:
        meaning, words = "delivered", f"taken with a warning: {WARNINGS.get(status, 'unspecified')}"
    elif status & 0xFF00 == 0xA700:
        meaning, words = "busy", "out of resources"
    elif status & 0xFF00 == 0xA900:
        meaning, words = "failed", "the data set does not match its class"
    elif status & 0xF000 == 0xC000:
        meaning, words = "failed", "it cannot be understood there"
    else:
        meaning, words = "later", "a status that no standard names"
    return meaning, f"{words} ({status:04X})" if words else ""
