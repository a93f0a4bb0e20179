"""Associations as a caller (SCU): opened, used from threads, ended; pynetdicom's faults become ours.

pynetdicom works in threads of its own and blocks; `in_thread` keeps that away from the event loop.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from pydicom.uid import UID
from pynetdicom import AE, _config, build_role, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import A_ASSOCIATE

from radquarry.dicom.connection import tended
from radquarry.dicom.encryption import Tls
from radquarry.dicom.passage import Gate, OpenGate, guard, leave_alone
from radquarry.dicom.peer import PacsAway, PacsRefuses, Peer
from radquarry.dicom.reactor import Reactor
from radquarry.errors import Permanent

# what passes is written out for its log, patients and all, even when nobody keeps that log
_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

__all__ = ["Association", "application_entity", "in_thread", "open_association"]

Answer = TypeVar("Answer")
Offer = tuple[str, Sequence[str]]
"""A SOP class with the transfer syntaxes it is offered in; a SOP class alone is offered in the uncompressed ones."""

MAX_PDU = 65536
HANG_UP_SECONDS = 1.0
RELEASE_SECONDS = 3.0

PERMANENT_REJECTIONS: dict[tuple[int | None, int | None], str] = {
    (1, 2): "does not know the application context",
    (1, 3): "does not know our AE title {calling}: register it there with our address",
    (1, 7): "is not called {called}: mend ae_title",
}
"""(source, reason) of A-ASSOCIATE-RJ that no waiting mends (PS3.8 Table 9-21)."""


_threads = ThreadPoolExecutor(max_workers=512, thread_name_prefix="dicom")
"""Enough for every association and for what ends it: asyncio's own few are soon all waiting for some PACS."""


def _thread(call: Callable[..., Answer], *arguments: Any) -> "asyncio.Future[Answer]":
    return asyncio.get_running_loop().run_in_executor(_threads, partial(call, *arguments))


@asynccontextmanager
async def open_association(
    peer: Peer, sop_classes: Sequence[str | Offer], received: Sequence[str] = (), gate: Gate | None = None
) -> AsyncIterator[Association]:
    """An established association that offers `sop_classes`; released at the end, aborted on an error.

    Every request over it asks `gate` (passage.py), which also hears of how the PACS bears it.

    Of those also in `received` we would take objects over it, as a C-GET needs (PS3.7 annex D.3.3.4).

    Raises `PacsAway` when there is no connection or a passing refusal, `PacsRefuses` when the peer will
    never take us so.
    """
    gate = gate or OpenGate()
    try:
        association = await _opened(peer, sop_classes, received)
    except PacsAway as away:
        gate.refused(str(away))
        raise
    guard(association, gate)
    try:
        yield association
    except BaseException:
        await _thread(_hang_up, association)
        raise
    if association.is_established:
        await _until_cancelled(_thread(_release, association), partial(_cut, association))


async def _opened(peer: Peer, sop_classes: Sequence[str | Offer], received: Sequence[str]) -> Association:
    """Negotiated in a thread; when we are cancelled meanwhile, nothing of it is left behind."""
    line = _Line()
    opening = _thread(_associate, peer, sop_classes, received, line)
    try:
        return await _until_cancelled(opening, line.cut)
    except asyncio.CancelledError:
        if opening.done() and not opening.cancelled() and opening.exception() is None:
            await _thread(_hang_up, opening.result())
        raise


class _Line:
    """The connection under a negotiation, so that it can be cut while a thread waits on it."""

    def __init__(self) -> None:
        self._is_cut = False
        self._association: Association | None = None

    def notice(self, event: evt.Event) -> None:
        """Handler of EVT_REQUESTED and EVT_CONN_OPEN: before it connects, and when it has."""
        self._association = event.assoc
        if self._is_cut:
            _cut(event.assoc)

    def cut(self) -> None:
        """Now, or as soon as there is a connection."""
        self._is_cut = True
        if self._association is not None:
            _cut(self._association)


async def in_thread(association: Association, call: Callable[[], Answer]) -> Answer:
    """Run a blocking use of the association; when we are cancelled, it is aborted so that the thread ends."""

    def end() -> None:
        _hang_up(association)
        association.dimse.msg_queue.put((None, None))  # wakes a wait for a message, as an abort by the peer does

    return await _until_cancelled(_thread(call), end)


async def _until_cancelled(work: "asyncio.Future[Answer]", end: Callable[[], None]) -> Answer:
    """What a thread comes to; when we are cancelled, `end` makes it come to an end first."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await _thread(end)
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # looked at, so that nobody complains of an error unseen
        raise


def _release(association: Association) -> None:
    """A-RELEASE; a peer that is busy with something else and does not answer soon gets an A-ABORT."""
    association.acse_timeout = min(RELEASE_SECONDS, association.acse_timeout or RELEASE_SECONDS)
    association.release()


def _hang_up(association: Association) -> None:
    """A-ABORT; a peer that does not close the connection upon it is cut off."""
    leave_alone(association)
    patience = threading.Timer(HANG_UP_SECONDS, _cut, [association])
    patience.start()
    association.abort()
    patience.cancel()


def _cut(association: Association) -> None:
    """Shut the connection under an association: the threads that wait for the peer wake up."""
    transport = association.dul.socket
    if transport is not None and transport.socket is not None:
        with suppress(OSError):
            transport.socket.shutdown(socket.SHUT_RDWR)


def application_entity(peer: Peer) -> AE:
    """Our side of associations to `peer`, with its time-outs (seconds)."""
    entity = AE(ae_title=peer.calling_ae_title)
    entity.acse_timeout = peer.timeout_seconds
    entity.dimse_timeout = peer.timeout_seconds
    entity.network_timeout = peer.timeout_seconds * 2
    entity.connection_timeout = min(peer.timeout_seconds, 10)
    entity.maximum_pdu_size = MAX_PDU
    return entity


def _associate(peer: Peer, sop_classes: Sequence[str | Offer], received: Sequence[str], line: _Line) -> Association:
    entity = application_entity(peer)
    for offer in sop_classes:
        sop_class, syntaxes = (offer, None) if isinstance(offer, str) else offer
        entity.add_requested_context(sop_class, list(syntaxes) if syntaxes else None)
    handlers = tended((evt.EVT_REQUESTED, line.notice), (evt.EVT_CONN_OPEN, line.notice))
    roles: list[Any] = [build_role(UID(sop_class), scu_role=True, scp_role=True) for sop_class in received]
    tls = (_encryption(peer, peer.tls), peer.host) if peer.tls is not None else None
    association = entity.associate(
        peer.host, peer.port, None, peer.ae_title, ext_neg=roles, evt_handlers=handlers, tls_args=tls
    )
    if association.is_established:
        Reactor(association)
        return association
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        raise _rejection(peer, answer)
    if answer is not None and answer.result == 0:
        if association.accepted_contexts:
            raise PacsAway(f"{peer.name} ({peer.host}:{peer.port}) ended the association as soon as it was open")
        raise PacsRefuses(f"{peer.name} ({peer.host}:{peer.port}) takes none of the services we ask for")
    in_tls = ", or not in TLS with a certificate we believe" if peer.tls is not None else ""
    raise PacsAway(f"{peer.name} does not answer at {peer.host}:{peer.port}{in_tls}")


def _encryption(peer: Peer, tls: Tls) -> ssl.SSLContext:
    try:
        return tls.context()
    except Permanent as fault:
        raise PacsRefuses(f"{peer.name}: {fault}") from None


def _rejection(peer: Peer, answer: A_ASSOCIATE) -> Exception:
    refused = (answer.result_source, answer.diagnostic)
    text = PERMANENT_REJECTIONS.get(refused)
    if text is not None:
        words = text.format(calling=peer.calling_ae_title, called=peer.ae_title)
        return PacsRefuses(f"{peer.name} ({peer.host}:{peer.port}) {words}")
    return PacsAway(f"{peer.name} refuses associations for now (source {refused[0]}, reason {refused[1]})")
