"""One sender, from its first byte to its last: the state machine of PS3.8 section 9.2 as a thread reads it."""

import socket
import threading
from collections.abc import Iterator

import structlog

from radquarry.storescp import commands, pdus
from radquarry.storescp.commands import Command
from radquarry.storescp.connection import Connection, Gone
from radquarry.storescp.elements import NotDicom
from radquarry.storescp.negotiation import APPLICATION_CONTEXT, Agreed, Request, accepted, agree, read_request
from radquarry.storescp.pdus import Fragment, Violation
from radquarry.storescp.receipt import Announced, NoRoom, Receipt
from radquarry.storescp.reception import Reception
from radquarry.storescp.storage_classes import VERIFICATION, is_served

log = structlog.get_logger(__name__)

PERMANENT, TRANSIENT = 1, 2
NOT_NAMED, BY_ACSE, BY_PRESENTATION = 1, 2, 3
REJECTED_CONTEXT = (PERMANENT, NOT_NAMED, 2)
REJECTED_CALLER = (PERMANENT, NOT_NAMED, 3)
REJECTED_VERSION = (PERMANENT, BY_ACSE, 2)
REJECTED_FOR_NOW = (TRANSIENT, BY_PRESENTATION, 2)
"""Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""

ENDED_BY_US = pdus.aborted(pdus.SERVICE_USER, pdus.REASON_NOT_SPECIFIED)


class Over(Exception):  # noqa: N818 - it reads as the state it is
    """The association has ended as it should; carries what is still to be sent."""

    def __init__(self, last_word: bytes = b"") -> None:
        super().__init__()
        self.last_word = last_word


class Association:
    """`run` belongs to a thread of its own; `end` and `cut` come from others."""

    def __init__(self, transport: socket.socket, address: str, reception: Reception) -> None:
        self._address = address
        self._reception = reception
        self._connection = Connection(transport, reception.limits)
        self._calling_ae_title = ""
        self._agreed: dict[int, Agreed] = {}
        self._fragments = self._all_fragments()
        self._lock = threading.Lock()
        self._is_busy = self._is_ending = False

    def run(self, *, is_full: bool = False) -> None:
        """Serve it until it ends; `is_full` refuses it for now."""
        last_word = b""
        try:
            self._negotiate(is_full=is_full)
            while True:
                self._answer_one()
        except Over as over:
            last_word = over.last_word
        except Gone as gone:
            if self._is_ending:
                last_word = ENDED_BY_US
            elif self._agreed:
                log.warning("association lost", calling_ae_title=self._calling_ae_title, reason=str(gone))
        except Violation as violation:
            log.warning("protocol violated", address=self._address, reason=str(violation))
            if self._agreed:  # before, it need not be anybody who understands an answer
                last_word = pdus.aborted(pdus.SERVICE_PROVIDER, violation.reason)
        finally:
            self._connection.close(last_word)

    def end(self) -> None:
        """End when the message in work is answered, or now."""
        with self._lock:
            self._is_ending = True
            if not self._is_busy:
                self._connection.shut(socket.SHUT_RD)

    def cut(self) -> None:
        """End now."""
        self._connection.shut(socket.SHUT_RDWR)

    def _negotiate(self, *, is_full: bool) -> None:
        limits = self._reception.limits
        self._connection.allow(limits.negotiation, limits.negotiation)
        if self._reception.encryption is not None:
            self._connection.encrypt(self._reception.encryption)
        kind, body = self._connection.pdu()
        if kind != pdus.ASSOCIATE_RQ:
            raise Violation("the first PDU is no A-ASSOCIATE-RQ", pdus.UNEXPECTED_PDU)
        request = read_request(body)
        self._calling_ae_title = request.calling_ae_title
        refusal, rejection = self._refusal(request, is_full=is_full)
        if refusal:
            log.warning(
                "association refused", calling_ae_title=request.calling_ae_title, address=self._address, reason=refusal
            )
            raise Over(pdus.rejected(*rejection))
        agreed, items = agree(request, is_served)
        self._connection.send(accepted(request, items, limits.offered_pdu))
        self._agreed = agreed

    def _refusal(self, request: Request, *, is_full: bool) -> tuple[str, tuple[int, int, int]]:
        if not request.speaks_version_1:
            return "another protocol version", REJECTED_VERSION
        if request.application_context != APPLICATION_CONTEXT:
            return "another application context", REJECTED_CONTEXT
        if reason := self._reception.callers.refusal(request.calling_ae_title, self._address):
            return reason, REJECTED_CALLER
        return "as many associations as there may be" if is_full else "", REJECTED_FOR_NOW

    def _answer_one(self) -> None:
        limits = self._reception.limits
        self._connection.allow(float("inf"), limits.idle)
        context_id, command = self._command()
        agreed = self._agreed.get(context_id)
        if agreed is None:
            raise Violation("a message in a presentation context that was not agreed")
        if command.field == commands.C_STORE_RQ and agreed.abstract_syntax != VERIFICATION:
            status, comment = self._store(context_id, agreed, command)
        else:
            status, comment = self._other(context_id, command)
        if command.field != commands.C_CANCEL_RQ:
            answer = commands.answer(command, status, comment)
            self._connection.send(pdus.one_fragment(context_id, answer))
        with self._lock:
            self._is_busy = False
            if self._is_ending:
                raise Over(ENDED_BY_US)

    def _command(self) -> tuple[int, Command]:
        """The next request and its presentation context. From its first fragment on there is work."""
        command_set = bytearray()
        for context_id, control, data in self._fragments:
            self._begin_work()
            command_set += data
            if not control & pdus.COMMAND:
                raise Violation("a data set that no command announced")
            if len(command_set) > self._reception.limits.command:
                raise Violation("a command set is longer than the limit")
            if control & pdus.LAST:
                return context_id, commands.read_command(command_set)
        raise Over

    def _begin_work(self) -> None:
        if not self._is_busy:
            limits = self._reception.limits
            self._connection.allow(limits.message, limits.idle)
            with self._lock:
                if self._is_ending:
                    raise Over(ENDED_BY_US)
                self._is_busy = True

    def _other(self, context_id: int, command: Command) -> tuple[int, str]:
        if command.has_data_set:
            for _ in self._data_set(context_id):
                pass
        if command.field == commands.C_ECHO_RQ:
            return commands.SUCCESS, ""
        if command.field == commands.C_STORE_RQ:
            return commands.SOP_CLASS_NOT_SUPPORTED, ""
        return commands.UNRECOGNIZED_OPERATION, ""

    def _store(self, context_id: int, agreed: Agreed, command: Command) -> tuple[int, str]:
        receipt = self._reception.archive.begin(
            Announced(
                transfer_syntax_uid=agreed.transfer_syntax,
                sop_class_uid=command.sop_class_uid,
                sop_instance_uid=command.sop_instance_uid,
                calling_ae_title=self._calling_ae_title,
            )
        )
        try:
            if command.has_data_set:
                for data in self._data_set(context_id):
                    receipt.write(data)
            return self._kept(receipt)
        finally:
            receipt.discard()

    def _kept(self, receipt: Receipt) -> tuple[int, str]:
        try:
            kept = self._reception.archive.keep(receipt)
        except NoRoom as error:
            log.warning("refused for now", reason=str(error))
            return commands.OUT_OF_RESOURCES, str(error)
        except NotDicom as error:
            log.warning("refused", reason=str(error), calling_ae_title=self._calling_ae_title)
            self._reception.quarantine.take(receipt, str(error))
            return commands.CANNOT_UNDERSTAND, str(error)
        self._reception.keep(kept)
        return commands.SUCCESS, ""

    def _data_set(self, context_id: int) -> Iterator[memoryview]:
        for number, control, data in self._fragments:
            if number != context_id or control & pdus.COMMAND:
                raise Violation("a data set is interrupted by another message")
            yield data
            if control & pdus.LAST:
                return
        raise Over

    def _all_fragments(self) -> Iterator[Fragment]:
        """Every presentation data value until the association is released, aborted or told to end."""
        while True:
            kind, body = self._connection.pdu()
            if kind == pdus.P_DATA:
                yield from pdus.fragments_of(body)
            elif kind == pdus.RELEASE_RQ:
                raise Over(pdus.RELEASED)
            elif kind == pdus.ABORT:
                raise Over
            else:
                raise Violation("an unexpected PDU", pdus.UNEXPECTED_PDU)
