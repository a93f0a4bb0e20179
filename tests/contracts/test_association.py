"""An association ends within seconds of being told so, whatever the PACS does, and none is left behind."""

import asyncio
import gc
import socket
import threading
import warnings
from collections.abc import Iterator

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from radquarry.dicom.association import Association, _associate, _Line, in_thread, open_association
from radquarry.dicom.connection import tended
from radquarry.dicom.peer import PacsAway, Peer
from tests.doubles.tar_pit import tar_pit

SECONDS = 5


def peer(port: int) -> Peer:
    return Peer("main", "PACS", "127.0.0.1", port, "RADQUARRY", 60)


class EchoPacs:
    """A real SCP that counts the associations it has."""

    def __init__(self) -> None:
        self.asked, self.answers = threading.Event(), threading.Event()
        self.answers.set()
        entity = AE(ae_title="PACS")
        entity.add_supported_context(Verification)
        entity.network_timeout = 60
        handlers = tended((evt.EVT_REQUESTED, self._wait))
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        assert server is not None
        assert server.socket is not None
        self._server = server
        self.port = server.socket.getsockname()[1]

    def _wait(self, _event: evt.Event) -> None:
        self.asked.set()
        self.answers.wait(30)

    @property
    def associations(self) -> int:
        return len(self._server.active_associations)

    def shutdown(self) -> None:
        self.answers.set()
        self._server.shutdown()


@pytest.fixture
def pacs() -> Iterator[EchoPacs]:
    server = EchoPacs()
    yield server
    server.shutdown()


async def hold(port: int, established: asyncio.Event, let_go: asyncio.Event) -> None:
    async with open_association(peer(port), [Verification]):
        established.set()
        await let_go.wait()


async def cancelled_in_time(work: "asyncio.Task[None]") -> None:
    work.cancel()
    async with asyncio.timeout(SECONDS):
        await asyncio.wait([work])
        await asyncio.get_running_loop().shutdown_default_executor()  # no thread of ours may hold up the process's end
    assert work.cancelled()


async def test_cancelled_while_a_pacs_does_not_answer_the_association() -> None:
    with tar_pit() as pit:
        work = asyncio.create_task(hold(pit.port, asyncio.Event(), asyncio.Event()))
        await asyncio.to_thread(pit.stuck.wait, 30)

        await cancelled_in_time(work)


async def test_a_pacs_that_answers_after_we_gave_up_is_left_at_once(pacs: EchoPacs) -> None:
    pacs.answers.clear()
    work = asyncio.create_task(hold(pacs.port, asyncio.Event(), asyncio.Event()))
    await asyncio.to_thread(pacs.asked.wait, 30)

    await cancelled_in_time(work)
    pacs.answers.set()

    async with asyncio.timeout(SECONDS):
        while pacs.associations:  # noqa: ASYNC110 - the server's threads say nothing of their end
            await asyncio.sleep(0.02)


async def test_cancelled_while_a_pacs_does_not_answer_a_request(pacs: EchoPacs) -> None:
    async def ask(established: asyncio.Event, port: int) -> None:
        async with open_association(peer(port), [Verification]) as association:
            established.set()
            await asyncio.to_thread(pit.swallows.wait, 30)
            await in_thread(association, association.send_c_echo)

    with tar_pit(pacs.port) as pit:
        established = asyncio.Event()
        work = asyncio.create_task(ask(established, pit.port))
        await established.wait()
        pit.swallows.set()
        await asyncio.to_thread(pit.stuck.wait, 30)

        await cancelled_in_time(work)


async def test_cancelled_while_a_pacs_does_not_answer_the_release(pacs: EchoPacs) -> None:
    with tar_pit(pacs.port) as pit:
        established, let_go = asyncio.Event(), asyncio.Event()
        work = asyncio.create_task(hold(pit.port, established, let_go))
        await established.wait()
        pit.swallows.set()
        let_go.set()
        await asyncio.to_thread(pit.stuck.wait, 30)

        await cancelled_in_time(work)


async def test_a_connection_whose_peer_went_first_is_closed_at_once(pacs: EchoPacs) -> None:
    """pynetdicom leaves such a socket to Python's collector, which says so with a ResourceWarning."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with warnings.catch_warnings(record=True) as left:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(PacsAway):
            async with open_association(peer(port), [Verification]):
                pass
        async with open_association(peer(pacs.port), [Verification]) as association:
            cut(association)
        gc.collect()
    assert [str(warning.message) for warning in left] == []


def cut(association: Association) -> None:
    """The peer's connection breaks."""
    transport = association.dul.socket
    assert transport is not None
    assert transport.socket is not None
    transport.socket.shutdown(socket.SHUT_RDWR)


def test_an_association_that_ends_as_soon_as_it_is_open_may_be_tried_again(pacs: EchoPacs) -> None:
    class Ending(_Line):
        def notice(self, event: evt.Event) -> None:
            event.assoc.bind(evt.EVT_ESTABLISHED, lambda established: established.assoc.abort())

    with pytest.raises(PacsAway):
        _associate(peer(pacs.port), [Verification], [], Ending())
