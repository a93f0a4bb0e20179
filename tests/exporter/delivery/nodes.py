"""DICOM nodes and web services that behave as they are told, on loopback."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import StorageCommitmentPushModel

from tests.exporter.delivery.stow import head_of

SUCCESS = 0x0000


@dataclass
class Node:
    """What it got, in order; `answer` gives the status for an instance, `commit` whether it answers for it later.

    It breaks off at the instance of number `abort_at`, and at each of `hated`.
    """

    port: int = 0
    got: list[str] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    answer: Callable[[int, str], int] = lambda number, uid: SUCCESS
    commit: Callable[[str], int] = lambda uid: SUCCESS
    is_silent: bool = False
    abort_at: int = 0
    hated: frozenset[str] = frozenset()
    associations: int = 0


@contextmanager
def node(syntaxes: Any = None, answers_to: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Node]:
    """A STORE-SCP; answers of storage commitment come over the same association, or to the port `answers_to`."""
    it = Node()

    def associated(event: evt.Event) -> None:
        it.associations += 1

    def stored(event: evt.Event) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        it.got.append(uid)
        if uid in it.hated or (it.abort_at and len(it.got) == it.abort_at):
            event.assoc.abort()
            return SUCCESS
        return it.answer(len(it.got), uid)

    def asked(event: evt.Event) -> tuple[int, None]:
        wanted = event.action_information
        it.asked.append([str(item.ReferencedSOPInstanceUID) for item in wanted.ReferencedSOPSequence])
        if not it.is_silent:
            threading.Thread(target=_tell, args=(it, event.assoc, wanted, answers_to), daemon=True).start()
        return SUCCESS, None

    entity = AE(ae_title="NODE")
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(context.abstract_syntax, syntaxes or context.transfer_syntax)
    entity.add_supported_context(StorageCommitmentPushModel)
    handlers = [(evt.EVT_C_STORE, stored), (evt.EVT_N_ACTION, asked), (evt.EVT_ACCEPTED, associated)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=tls)
    it.port = server.server_address[1]
    try:
        yield it
    finally:
        server.shutdown()


def _tell(it: Node, association: Any, wanted: Dataset, answers_to: int) -> None:
    said = Dataset()
    said.TransactionUID = wanted.TransactionUID
    failed = []
    taken = []
    for item in wanted.ReferencedSOPSequence:
        reason = it.commit(str(item.ReferencedSOPInstanceUID))
        if reason:
            item.FailureReason = reason
        (failed if reason else taken).append(item)
    said.ReferencedSOPSequence = taken
    if failed:
        said.FailedSOPSequence = failed
    kind, model, instance = (2 if failed else 1), StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1"
    if answers_to:
        entity = AE(ae_title="NODE")
        entity.add_requested_context(StorageCommitmentPushModel)
        association = entity.associate("127.0.0.1", answers_to, ae_title="RADQUARRY")
    threading.Event().wait(0.2)  # the answer to the request goes first
    association.send_n_event_report(said, kind, model, instance)
    if answers_to:
        association.release()


@dataclass
class Web:
    """What a STOW-RS service got; `tell` gives status, headers, body for the UIDs of a request."""

    url: str
    got: list[str] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    tell: Callable[[list[str]], tuple[int, dict[str, str], bytes]] = lambda uids: (200, {}, b"")
    cut: bool = False
    cut_at: str = ""


@contextmanager
def web(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serves until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            it.requests.append(dict(self.headers))
            if it.cut:
                self.rfile.read(1000)
                self.connection.close()
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            parts = BytesParser().parsebytes(head + body).get_payload()
            uids = [head_of(part.get_payload(decode=True)) for part in parts]
            if it.cut_at in uids:
                self.connection.close()
                self.close_connection = True
                return
            it.got += uids
            status, headers, told = it.tell(uids)
            self.send_response(status)
            for name, value in {"Content-Type": "application/dicom+json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def handle(self) -> None:
            with suppress(ssl.SSLError, ConnectionError):
                super().handle()

        def log_message(self, *_words: object) -> None:
            """Says nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    it = Web(f"http{'s' if tls else ''}://127.0.0.1:{listener.server_address[1]}/dicom-web")
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield it
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
