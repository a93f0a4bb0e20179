"""A hospital with a personality, probed and crawled."""

from collections.abc import Iterator
from contextlib import contextmanager

from radquarry.dicom.peer import Peer
from radquarry.hospital.hospital import Hospital
from radquarry.messages import PacsProbed, ProbePacs
from tests.finder.personalities import Personality
from tests.finder.rig import Rig

LIMITED = Personality("sixty answers", faults={"answer_limit": 60})


@contextmanager
def hospital_of(personality: Personality) -> Iterator[tuple[Hospital, Peer]]:
    """Open, and the PACS as the finder knows it."""
    with Hospital(personality.hospital) as hospital:
        yield hospital, Peer("main", "HOSPITAL", "127.0.0.1", hospital.pacs.port, "RADQUARRY")


async def probe(rig: Rig, order: ProbePacs | None = None) -> PacsProbed:
    """What was found out about the PACS by this order, or by one of its own."""
    order = order or ProbePacs(pacs="main")
    before = len(rig.all(PacsProbed, cause=order.id))
    await rig.bus.publish(order)
    await rig.until(lambda: len(rig.all(PacsProbed, cause=order.id)) > before or rig.parked)
    assert not rig.parked, rig.parked
    return rig.all(PacsProbed, cause=order.id)[-1]


async def crawl_all(rig: Rig, hospital: Hospital) -> None:
    """Every day of the hospital."""
    await rig.crawl(hospital.truth.start_date, hospital.truth.end_date)
