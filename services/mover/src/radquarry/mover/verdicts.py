"""What the final status of a C-MOVE means for the study (PS3.4 Table C.4-2, PS3.7 Annex C)."""

from enum import Enum


class Verdict(Enum):
    """What to do next; whether the study is whole, only the ledger knows."""

    PENDING = "not final"
    DONE = "the PACS says it sent everything"
    PARTLY = "the PACS says that some were not sent"
    CANCELLED = "stopped, as we asked"
    BACK_OFF = "the PACS is short of resources: ask later"
    UNKNOWN_DESTINATION = "the PACS does not know where to send to: somebody must register us"
    UNABLE = "the PACS could not, for no reason it tells; some say so when they do not know the destination"
    REFUSED = "the PACS does not take such an order"
    FAILED = "the PACS failed"


VERDICTS = {
    0x0000: Verdict.DONE,
    0x0001: Verdict.PARTLY,
    0x0105: Verdict.FAILED,
    0x0106: Verdict.REFUSED,
    0x0107: Verdict.PARTLY,
    0x0110: Verdict.FAILED,
    0x0111: Verdict.FAILED,
    0x0112: Verdict.FAILED,
    0x0113: Verdict.FAILED,
    0x0114: Verdict.FAILED,
    0x0115: Verdict.REFUSED,
    0x0116: Verdict.PARTLY,
    0x0117: Verdict.FAILED,
    0x0118: Verdict.REFUSED,
    0x0119: Verdict.REFUSED,
    0x0120: Verdict.REFUSED,
    0x0121: Verdict.REFUSED,
    0x0122: Verdict.REFUSED,
    0x0123: Verdict.REFUSED,
    0x0124: Verdict.REFUSED,
    0x0210: Verdict.FAILED,
    0x0211: Verdict.REFUSED,
    0x0212: Verdict.REFUSED,
    0x0213: Verdict.BACK_OFF,
    0xA700: Verdict.BACK_OFF,
    0xA701: Verdict.BACK_OFF,
    0xA702: Verdict.BACK_OFF,
    0xA801: Verdict.UNKNOWN_DESTINATION,
    0xA900: Verdict.REFUSED,
    0xAA00: Verdict.REFUSED,
    0xAA01: Verdict.REFUSED,
    0xAA02: Verdict.REFUSED,
    0xAA03: Verdict.REFUSED,
    0xAA04: Verdict.REFUSED,
    0xB000: Verdict.PARTLY,
    0xFE00: Verdict.CANCELLED,
    0xFF00: Verdict.PENDING,
    0xFF01: Verdict.PENDING,
    **dict.fromkeys(range(0xC000, 0xD000), Verdict.UNABLE),
}
"""Every status of the standard. A refusal at one level may be none at another: orders differ from try to try."""


def verdict(status: int) -> Verdict:
    """Of any 16-bit status; what nobody defined has failed."""
    return VERDICTS.get(status, Verdict.FAILED)


MEANINGS = {
    0x0110: "processing failure",
    0x0122: "SOP class not supported",
    0x0124: "not authorised",
    0x0211: "unrecognised operation",
    0x0213: "resource limitation",
    0xA701: "out of resources, cannot count the matches",
    0xA702: "out of resources, cannot send",
    0xA801: "move destination unknown",
    0xA900: "identifier does not match",
    0xB000: "some could not be sent",
    0xC000: "unable to process",
    0xFE00: "cancelled",
}


def words(status: int) -> str:
    """The status as people read it in a log of the PACS, with its meaning where the standard gives one."""
    meaning = MEANINGS.get(status, "unable to process" if 0xC000 <= status <= 0xCFFF else "")
    return f"status {status:04X}" + (f" ({meaning})" if meaning else "")
