"""A sender that writes its own bytes: right ones, wrong ones, and very many."""

import socket
import struct
from collections.abc import Iterable
from typing import Self

from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from radquarry.storescp.commands import STATUS
from radquarry.storescp.elements import Encoding, find_elements
from tests.storescp.samples import CALLER

APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"
PIECE = 131072 - 6
VERIFICATION = "1.2.840.10008.1.1"


def item(kind: int, value: bytes) -> bytes:
    """An item of an A-ASSOCIATE-RQ."""
    return struct.pack(">BxH", kind, len(value)) + value


def pdu(kind: int, body: bytes) -> bytes:
    """A PDU."""
    return struct.pack(">BxL", kind, len(body)) + body


def association_request(calling: str = CALLER, sop_class_uid: str = SecondaryCaptureImageStorage) -> bytes:
    """An A-ASSOCIATE-RQ: context 1 is Verification, context 3 a storage class."""
    contexts = b"".join(
        item(0x20, bytes((number, 0, 0, 0)) + item(0x30, uid.encode()) + item(0x40, ExplicitVRLittleEndian.encode()))
        for number, uid in ((1, VERIFICATION), (3, sop_class_uid))
    )
    titles = b"RADQUARRY".ljust(16) + calling.encode().ljust(16)
    user = item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3")
    fixed = struct.pack(">H2x", 1) + titles + bytes(32)
    return pdu(1, fixed + item(0x10, APPLICATION_CONTEXT) + contexts + item(0x50, user))


def fragment(context_id: int, control: int, value: bytes) -> bytes:
    """One presentation data value."""
    return struct.pack(">LBB", len(value) + 2, context_id, control) + value


def element(number: int, value: bytes) -> bytes:
    """One element of a command set."""
    return struct.pack("<HHL", 0, number, len(value)) + value


def store_command(sop_instance_uid: str, sop_class_uid: str = SecondaryCaptureImageStorage) -> bytes:
    """The command set of a C-STORE request."""
    elements = [
        element(0x0002, sop_class_uid.encode() + b"\0" * (len(sop_class_uid) % 2)),
        element(0x0100, b"\1\0"),
        element(0x0110, b"\7\0"),
        element(0x0700, b"\0\0"),
        element(0x0800, b"\0\0"),
        element(0x1000, sop_instance_uid.encode() + b"\0" * (len(sop_instance_uid) % 2)),
    ]
    body = b"".join(elements)
    return element(0, struct.pack("<L", len(body))) + body


class Speaker:
    """One connection."""

    def __init__(self, port: int, timeout: float = 30) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def associate(self, calling: str = CALLER, sop_class_uid: str = SecondaryCaptureImageStorage) -> int:
        """Ask for an association; the type of the PDU that answers."""
        self.socket.sendall(association_request(calling, sop_class_uid))
        return self.heard()[0]

    def store(self, sop_instance_uid: str, pieces: Iterable[bytes]) -> int:
        """Send an instance; the status of the answer."""
        self.begin(sop_instance_uid)
        last = b""
        for piece in pieces:
            if last:
                self.socket.sendall(pdu(4, fragment(3, 0, last)))
            last = piece
        self.socket.sendall(pdu(4, fragment(3, 2, last)))
        return self.status()

    def begin(self, sop_instance_uid: str) -> None:
        """Send the command of a C-STORE."""
        self.socket.sendall(pdu(4, fragment(3, 3, store_command(sop_instance_uid))))

    def status(self) -> int:
        """The status in the next answer."""
        kind, body = self.heard()
        assert kind == 4, f"PDU type {kind} for an answer"
        values, _ = find_elements(memoryview(body)[6:], Encoding(implicit=True), {STATUS})
        return int.from_bytes(values[STATUS], "little")

    def release(self) -> int:
        """Release the association; the type of the PDU that answers."""
        self.socket.sendall(pdu(5, bytes(4)))
        return self.heard()[0]

    def heard(self) -> tuple[int, bytes]:
        """Type and body of the next PDU; type 0 when the connection has ended."""
        head = self._exactly(6)
        if len(head) < 6:
            return 0, b""
        kind, length = struct.unpack(">BxL", head)
        return kind, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        received = bytearray()
        while len(received) < count and (piece := self.socket.recv(count - len(received))):
            received += piece
        return bytes(received)


def long_instance(sop_instance_uid: str, pixel_bytes: int) -> Iterable[bytes]:
    """The pieces of a secondary capture whose pixels are zeros; never whole in memory."""
    length = struct.pack("<L", pixel_bytes)
    yield uid_elements(sop_instance_uid) + bytes.fromhex("e07f1000") + b"OB\0\0" + length
    zeros = bytes(PIECE)
    for _ in range(pixel_bytes // PIECE):
        yield zeros
    if pixel_bytes % PIECE:
        yield zeros[: pixel_bytes % PIECE]


def uid_elements(sop_instance_uid: str) -> bytes:
    """The data set's four UIDs, explicit VR little endian."""
    values = (
        (0x0008, 0x0016, SecondaryCaptureImageStorage),
        (0x0008, 0x0018, sop_instance_uid),
        (0x0020, 0x000D, "1.2.3"),
        (0x0020, 0x000E, "1.2.3.1"),
    )
    return b"".join(
        struct.pack("<HH2sH", group, number, b"UI", len(uid) + len(uid) % 2) + uid.encode() + b"\0" * (len(uid) % 2)
        for group, number, uid in values
    )


def listens(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
