"""What the api learns of deliveries. Of an instance nothing is kept but its UIDs and its fate."""

from collections.abc import Awaitable, Callable

from radquarry.api.delivery_facts import DeliveryFact
from radquarry.api.storable import storable
from radquarry.dicom.uids import checked_uid
from radquarry.messages import DeliveryProgressed, DeliveryRequested

Note = Callable[[DeliveryFact], Awaitable[None]]


async def note_order(fact: DeliveryRequested, *, note: Note) -> None:
    """Somebody ordered a delivery; one hostile UID must not spoil the transaction that many share."""
    for uid in fact.studies:
        checked_uid(uid, "StudyInstanceUID")
    await note(fact)


async def note_delivery(fact: DeliveryProgressed, *, note: Note) -> None:
    """A study of a delivery got further."""
    checked_uid(fact.study_instance_uid, "StudyInstanceUID")
    for each in fact.instances:
        checked_uid(each.sop_instance_uid, "SOPInstanceUID")
        checked_uid(each.series_instance_uid, "SeriesInstanceUID")
    await note(fact.model_copy(update={"problem": storable(fact.problem)}))
