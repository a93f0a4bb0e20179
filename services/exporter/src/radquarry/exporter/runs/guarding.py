"""One file's fault, whatever it is, becomes its reason to be held back; the run goes on."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from radquarry.errors import Permanent
from radquarry.exporter.dicom_bytes.elements import Unreadable
from radquarry.exporter.runs.sources import SourceRefused


class HeldBack(Permanent):
    """The file cannot be given away; the text says why, and names no value."""


class DiskFull(Permanent):
    """Our own disk takes no more: that is nothing against the file, and ends the run."""


@contextmanager
def held_back_at_worst() -> Iterator[None]:
    """Raises `HeldBack`, or `DiskFull`, and no other error, when what is done in it fails."""
    try:
        yield
    except (HeldBack, DiskFull):
        raise
    except (Unreadable, SourceRefused) as fault:
        raise HeldBack(str(fault)) from None
    except OSError as fault:
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("the disk is full") from None
        raise HeldBack(f"it cannot be read or written: {fault.strerror or type(fault).__name__}") from None
    except RecursionError:
        raise HeldBack("it is nested too deeply") from None
    except Exception as fault:  # noqa: BLE001 - a fault of ours in one file does not end a run over a thousand
        raise HeldBack(f"a fault in radquarry ({type(fault).__name__})") from None
