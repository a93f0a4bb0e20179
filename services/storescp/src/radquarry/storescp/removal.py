"""Removes files whose time is over, and never one that is stored at the same moment (`locks.py`)."""

import asyncio
import errno
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from radquarry.bus.port import Publish
from radquarry.dicom.uids import checked_uid
from radquarry.durable_folders import make_names_durable
from radquarry.messages import ArchivedInstance, InstancesRemoved, RemoveInstances
from radquarry.stamps import stored_at
from radquarry.storescp.archive import Archive
from radquarry.storescp.identity import Identity

log = structlog.get_logger(__name__)


async def remove_instances(order: RemoveInstances, *, archive: Archive, publish: Publish) -> None:
    """Remove what may go, and say what is not here any more. Raises `NotAUid` before anything is touched."""
    wanted: defaultdict[str, list[tuple[Path, ArchivedInstance]]] = defaultdict(list)
    for one in order.instances:
        wanted[one.study_instance_uid].append((archive.place(_identity(one)), one))
    gone: list[ArchivedInstance] = []
    for study, places in wanted.items():
        gone += await asyncio.to_thread(_remove, archive, study, places)
    log.info("instances removed", asked=len(order.instances), removed=len(gone))
    await publish(
        InstancesRemoved.after(order, removal_id=order.removal_id, instances=tuple(gone), removed_at=datetime.now(UTC))
    )


def _identity(one: ArchivedInstance) -> Identity:
    return Identity(
        checked_uid(one.study_instance_uid, "StudyInstanceUID"),
        checked_uid(one.series_instance_uid, "SeriesInstanceUID"),
        checked_uid(one.sop_instance_uid, "SOPInstanceUID"),
    )


def _remove(archive: Archive, study: str, places: Sequence[tuple[Path, ArchivedInstance]]) -> list[ArchivedInstance]:
    """Those of one study that are not here any more, durably; empty folders go with them."""
    with archive.locks.of(study):
        lying = [(_lying(place), one) for place, one in places]
        gone = [(there, one) for there, one in lying if all(_is_gone(place, one) for place in there)]
    for folder in {place.parent for there, _ in gone for place in there}:
        _tidy(folder)
    return [one for _, one in gone]


def _lying(place: Path) -> Sequence[Path]:
    """Where the instance lies: the ledger may know its series by the name that the PACS gave it before it came."""
    if place.exists():
        return [place]
    return [*place.parent.parent.glob(f"*/{place.name}")] or [place]


def _is_gone(place: Path, one: ArchivedInstance) -> bool:
    """A file with a marker is still to be announced, and one from the future may be younger than it says: both stay."""
    try:
        status = place.lstat()
        moment = stored_at(status)
        if status.st_nlink > 1 or moment > one.stored_at or moment > datetime.now(UTC):
            return False
        place.unlink()
    except FileNotFoundError:
        return True
    except OSError as error:
        log.error("cannot remove from the archive", reason=errno.errorcode.get(error.errno or 0, "unknown"))
        return False
    return True


def _tidy(series: Path) -> None:
    """Remove the folders that are empty, and wait until what was removed is so on the disk."""
    for folder in (series, series.parent):
        with suppress(OSError):  # it is not empty, or somebody else was faster
            folder.rmdir()
    for folder in (series, series.parent, series.parent.parent):
        with suppress(FileNotFoundError):
            make_names_durable(folder)
            return
