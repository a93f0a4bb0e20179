"""In which form each instance of an answer can be given: as it is stored, or written anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from radquarry.api.dicomweb.accepting import EXPLICIT, not_acceptable
from radquarry.api.dicomweb.archive_folder import InstanceFile
from radquarry.api.dicomweb.damaged import NOT_WHOLE
from radquarry.api.dicomweb.headers import Unreadable
from radquarry.api.dicomweb.survey import Seen

DICOM = "application/dicom"


@dataclass(frozen=True)
class Offer:
    """One instance; the transfer syntax is empty where the file cannot be read and comes as it is."""

    file: InstanceFile
    transfer_syntax: str
    is_written_anew: bool = False


def offered(seen: Sequence[Seen], wanted: Sequence[str]) -> tuple[list[Offer], list[Seen]]:
    """Those that can be given in one of the `wanted` transfer syntaxes, and those that cannot.

    Raises the problem to show where none can.
    """
    offers, left_out = [], []
    for each in seen:
        offer = _offer(each, wanted)
        if offer is None:
            left_out.append(each)
        else:
            offers.append(offer)
    if not offers:
        raise _none_of(left_out, wanted)
    return offers, left_out


def _offer(seen: Seen, wanted: Sequence[str]) -> Offer | None:
    for syntax in wanted:
        if syntax in {"", "*"} or syntax == seen.transfer_syntax:
            return Offer(seen.file, seen.transfer_syntax)
        if syntax == EXPLICIT and seen.can_be_read and seen.is_whole:
            return Offer(seen.file, EXPLICIT, is_written_anew=True)
    return None


def _none_of(left_out: Sequence[Seen], wanted: Sequence[str]) -> Exception:
    if EXPLICIT in wanted or not any(each.can_be_read for each in left_out):
        return Unreadable(NOT_WHOLE)
    stored = sorted({each.transfer_syntax for each in left_out if each.can_be_read})
    return not_acceptable([f"{DICOM}; transfer-syntax={each}" for each in dict.fromkeys(["*", *stored, EXPLICIT])])
