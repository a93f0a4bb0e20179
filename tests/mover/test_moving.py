"""C-MOVE as a caller, against a real SCP on loopback that answers whatever a test says."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from radquarry.dicom.connection import tended
from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.dicom.passage import OpenGate
from radquarry.dicom.peer import PacsRefuses, Peer
from radquarry.mover.pacs import DicomPacs

STUDY = MoveOrder("1.2")
Handler = Callable[[evt.Event], Iterator[Any]]


@contextmanager
def moving(on_move: Handler, *, offers_move: bool = True) -> Iterator[DicomPacs]:
    """A PACS whose C-MOVE does what `on_move` says, and which may reach itself as a destination."""
    entity = AE(ae_title="PACS")
    entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    entity.add_supported_context(Verification)
    if offers_move:
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelMove)
    handlers = tended((evt.EVT_C_MOVE, on_move))
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    assert server is not None
    try:
        yield DicomPacs(Peer("main", "PACS", "127.0.0.1", server.server_address[1], "RADQUARRY", timeout_seconds=5))
    finally:
        server.shutdown()


async def end_of(pacs: DicomPacs, order: MoveOrder = STUDY) -> MoveEnd:
    """How one move ends."""
    async with pacs.session(OpenGate()) as session:
        return await session.move(order, lambda _counts: None)


def reachable(event: evt.Event) -> tuple[str, int, dict[str, Any]]:
    """The PACS itself as a destination: sub-operations need an association, though no test sends an instance."""
    return "127.0.0.1", event.assoc.acceptor.port, {"contexts": [build_context(Verification)]}


def final(status: int, comment: str = "") -> Handler:
    """Ends at once with a status."""

    def answer(event: evt.Event) -> Iterator[Any]:
        response = Dataset()
        response.Status = status
        if comment:
            response.ErrorComment = comment
        yield reachable(event)
        yield 1
        yield response, None

    return answer


def unknown_destination(_event: evt.Event) -> Iterator[Any]:
    """Knows nobody."""
    yield None, None


@pytest.mark.parametrize(
    ("order", "level"),
    [
        (MoveOrder("1.2"), "STUDY"),
        (MoveOrder("1.2", "1.2.1"), "SERIES"),
        (MoveOrder("1.2", "1.2.1", ("1.2.1.1", "1.2.1.2")), "IMAGE"),
    ],
)
async def test_the_identifier_names_each_level_down_to_the_lowest(order: MoveOrder, level: str) -> None:
    heard: list[tuple[str, Dataset]] = []

    def answer(event: evt.Event) -> Iterator[Any]:
        heard.append((event.move_destination, event.identifier))
        yield None, None

    with moving(answer) as pacs:
        await end_of(pacs, order)

    ((destination, identifier),) = heard
    assert (destination, identifier.QueryRetrieveLevel) == ("RADQUARRY", level)
    assert identifier.StudyInstanceUID == "1.2"
    assert identifier.get("SeriesInstanceUID", "") == order.series_instance_uid
    assert list(identifier.get("SOPInstanceUID", [])) == list(order.sop_instance_uids)


async def test_an_unknown_destination_is_heard_as_such() -> None:
    with moving(unknown_destination) as pacs:
        assert (await end_of(pacs)).status == 0xA801


async def test_the_pacs_words_are_kept_without_what_a_terminal_would_obey() -> None:
    with moving(final(0xC001, "disk\x07\x08 full")) as pacs:
        end = await end_of(pacs)

    assert (end.status, end.comment) == (0xC001, "disk   full")


async def test_counts_that_say_nothing_and_counts_that_say_zero_are_not_the_same() -> None:
    assert not Counts().is_nothing
    assert Counts(completed=0, failed=0).is_nothing
    assert not Counts(completed=0, failed=1).is_nothing


async def test_an_association_that_ends_in_the_middle_has_no_status() -> None:
    def answer(event: evt.Event) -> Iterator[Any]:
        event.assoc.abort()
        yield None, None

    with moving(answer) as pacs:
        assert await end_of(pacs) == MoveEnd(None)


async def test_a_session_that_was_aborted_opens_the_next_association_by_itself() -> None:
    moves: list[int] = []

    def answer(event: evt.Event) -> Iterator[Any]:
        moves.append(1)
        if len(moves) == 1:
            event.assoc.abort()
        yield None, None

    with moving(answer) as pacs:
        async with pacs.session(OpenGate()) as session:
            first = await session.move(STUDY, lambda _counts: None)
            second = await session.move(STUDY, lambda _counts: None)

    assert (first.status, second.status) == (None, 0xA801)


async def test_c_cancel_reaches_a_move_that_runs() -> None:
    begun, cancelled = Event(), Event()

    def answer(event: evt.Event) -> Iterator[Any]:
        yield reachable(event)
        yield 1
        begun.set()
        while not event.is_cancelled:
            cancelled.wait(0.01)
        yield 0xFE00, None

    with moving(answer) as pacs:
        async with pacs.session(OpenGate()) as session:
            running = asyncio.create_task(session.move(STUDY, lambda _counts: None))
            await asyncio.to_thread(begun.wait, 5)
            await session.give_up()

            assert (await asyncio.wait_for(running, 5)).status == 0xFE00


async def test_a_move_that_is_dropped_aborts_its_association() -> None:
    begun, over = Event(), Event()

    def answer(event: evt.Event) -> Iterator[Any]:
        begun.set()
        over.wait(10)
        yield None, None

    with moving(answer) as pacs:
        async with pacs.session(OpenGate()) as session:
            running = asyncio.create_task(session.move(STUDY, lambda _counts: None))
            await asyncio.to_thread(begun.wait, 5)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(running, 5)
        over.set()


async def test_a_pacs_without_c_move_is_told_of() -> None:
    with moving(unknown_destination, offers_move=False) as pacs, pytest.raises(PacsRefuses, match="no C-MOVE"):
        await end_of(pacs)
