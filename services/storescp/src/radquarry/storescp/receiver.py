"""The STORE-SCP: pynetdicom's threads in, the archive's verdict out. Only this file knows pynetdicom."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import structlog
from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import A_ASSOCIATE, SOPClassCommonExtendedNegotiation
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.service_class import ServiceClass, StorageServiceClass
from pynetdicom.sop_class import Verification, uid_to_service_class  # type: ignore[attr-defined]  # made at run time
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from radquarry.configuration.sections import Node
from radquarry.dicom.connection import tended
from radquarry.storescp.archive import Archive, Arrival, Kept, NoRoom
from radquarry.storescp.elements import NotDicom

log = structlog.get_logger(__name__)

SUCCESS, OUT_OF_RESOURCES, CANNOT_UNDERSTAND = 0x0000, 0xA700, 0xC000
"""PS3.4 section B.2.3."""
STORAGE_SERVICE_CLASS = "1.2.840.10008.4.2"
COMMENT_LENGTH = 64


@dataclass(frozen=True)
class Limits:
    """What one sender may take; times in seconds."""

    associations: int = 50
    pdu_bytes: int = 1024 * 1024
    """The longest PDU that is read; `offered_pdu_bytes` is what senders are told."""
    offered_pdu_bytes: int = 131072
    idle: float = 120
    negotiation: float = 30
    drain: float = 10


class BoundedSocket(AssociationSocket):
    """Refuses a PDU that claims an absurd length, and reads in large pieces."""

    pdu_bytes = Limits.pdu_bytes

    def recv(self, nr_bytes: int) -> bytearray:
        """`nr_bytes` bytes, fewer when the connection ends before. Raises OSError for a PDU beyond the limit."""
        if nr_bytes > self.pdu_bytes:
            raise OSError("the PDU is longer than the limit")
        if self.socket is None:
            raise OSError("the connection is closed")
        received, count = bytearray(nr_bytes), 0
        with memoryview(received) as view:
            while count < nr_bytes and (read := self.socket.recv_into(view[count:])):
                count += read
        del received[count:]
        return received


class BoundedRequests(RequestHandler):
    """Gives every association a bounded socket with time-outs and without Nagle's algorithm."""

    def _create_association(self) -> Any:
        association = super()._create_association()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(self.ae.network_timeout)
        association.dul.event_queue.get_nowait()  # the socket it had said it is there; so does the new one
        association.dul.socket = BoundedSocket(association, client_socket=self.request)
        return association


class Receiver:
    """Listens from `start` to `stop`; every instance that is kept goes to `keep` once it is durable."""

    def __init__(self, archive: Archive, node: Node, callers: tuple[str, ...], keep: Callable[[Kept], None]) -> None:
        self._archive = archive
        self._node = node
        self._callers = callers
        self._keep = keep
        self._limits = Limits()
        self._server: ThreadedAssociationServer | None = None
        self._in_work = 0
        self._idle = threading.Condition()

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        assert self._server is not None  # noqa: S101 - asked after `start` only
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen. Raises OSError, with the address, when the port is taken."""
        entity = self._entity()
        address = (self._node.host, self._node.port)
        handlers = tended(
            (evt.EVT_REQUESTED, self._offer_every_storage_class),
            (evt.EVT_SOP_COMMON, self._unknown_classes_are_storage),
            (evt.EVT_REJECTED, self._refused),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_ECHO, lambda _event: SUCCESS),
        )
        try:
            server = cast(
                "ThreadedAssociationServer",
                entity.make_server(
                    address,
                    evt_handlers=handlers,
                    server_class=ThreadedAssociationServer,
                    request_handler=BoundedRequests,
                ),
            )
        except OSError as error:
            raise OSError(error.errno, f"node: cannot listen at {address[0]}:{address[1]}: {error.strerror}") from error
        entity._servers.append(server)  # noqa: SLF001 - what AE.start_server does, which takes no request handler
        threading.Thread(target=server.serve_forever, name="storescp", daemon=True, args=(0.1,)).start()
        self._server = server

    async def stop(self) -> None:
        """Take no new associations, let instances in work be kept and answered, then end what is open."""
        server = self._server
        if server is not None:
            await asyncio.to_thread(self._stop, server)

    def _stop(self, server: ThreadedAssociationServer) -> None:
        server.shutdown()
        with self._idle:
            self._idle.wait_for(lambda: self._in_work == 0, self._limits.drain)
        for association in server.active_associations:
            association.abort()

    def _entity(self) -> AE:
        entity = AE(ae_title=self._node.ae_title)
        entity.require_calling_aet = list(self._callers)
        entity.maximum_associations = self._limits.associations
        entity.maximum_pdu_size = self._limits.offered_pdu_bytes
        entity.network_timeout = self._limits.idle
        entity.acse_timeout = self._limits.negotiation
        entity.dimse_timeout = self._limits.idle
        entity.supported_contexts = [build_context(Verification)]
        return entity

    def _store(self, event: evt.Event) -> int | Dataset:
        with self._idle:
            self._in_work += 1
        try:
            kept = self._archive.store(_arrival(event))
        except NoRoom as error:
            log.warning("refused for now", reason=str(error))
            return _status(OUT_OF_RESOURCES, str(error))
        except NotDicom as error:
            log.warning("refused", reason=str(error), calling_ae_title=event.assoc.requestor.ae_title)
            return _status(CANNOT_UNDERSTAND, str(error))
        finally:
            with self._idle:
                self._in_work -= 1
                self._idle.notify_all()
        self._keep(kept)
        return SUCCESS

    def _offer_every_storage_class(self, event: evt.Event) -> None:
        """Support what this caller asks for, private and unknown classes and transfer syntaxes included."""
        wanted: dict[str, PresentationContext] = {}
        for proposed in _proposed(event):
            sop_class_uid = str(proposed.abstract_syntax)
            if uid_to_service_class(sop_class_uid) in (StorageServiceClass, ServiceClass):
                context = wanted.setdefault(sop_class_uid, PresentationContext())
                context.abstract_syntax = sop_class_uid
                context.transfer_syntax = [*context.transfer_syntax, *proposed.transfer_syntax]
        event.assoc.acceptor.supported_contexts += list(wanted.values())

    def _unknown_classes_are_storage(self, event: evt.Event) -> dict[Any, SOPClassCommonExtendedNegotiation]:
        """pynetdicom finds the service of a class it does not know through this negotiation (PS3.7 D.3.3.6)."""
        answers = {}
        for proposed in _proposed(event):
            sop_class_uid = UID(str(proposed.abstract_syntax))
            if uid_to_service_class(sop_class_uid) is ServiceClass:
                item = SOPClassCommonExtendedNegotiation()
                item.sop_class_uid = sop_class_uid
                item.service_class_uid = STORAGE_SERVICE_CLASS
                answers[sop_class_uid] = item
        return answers

    def _refused(self, event: evt.Event) -> None:
        caller = event.assoc.requestor
        log.warning("association refused", calling_ae_title=caller.ae_title, address=caller.address)


def _proposed(event: evt.Event) -> list[PresentationContext]:
    request = cast("A_ASSOCIATE", event.assoc.requestor.primitive)
    return list(request.presentation_context_definition_list)


def _arrival(event: evt.Event) -> Arrival:
    request = cast("C_STORE", event.request)
    if request.DataSet is None:
        raise NotDicom("the request has no data set")
    return Arrival(
        data=request.DataSet.getbuffer(),
        transfer_syntax_uid=str(event.context.transfer_syntax),
        sop_class_uid=str(request.AffectedSOPClassUID),
        sop_instance_uid=str(request.AffectedSOPInstanceUID),
        calling_ae_title=event.assoc.requestor.ae_title.strip(),
    )


def _status(code: int, comment: str) -> Dataset:
    status = Dataset()
    status.Status = code
    status.ErrorComment = comment[:COMMENT_LENGTH]
    return status
