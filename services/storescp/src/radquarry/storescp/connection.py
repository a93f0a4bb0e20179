"""One TCP connection, read PDU by PDU where the bytes lie: nothing of a data set is copied before it is written."""

import socket
import ssl
import struct
import time
from contextlib import suppress

from radquarry.storescp.encryption import Encryption
from radquarry.storescp.limits import Limits
from radquarry.storescp.pdus import HEADER, Violation

READ = 256 * 1024
"""Bytes asked of the network at once: more than a sender has under way, few enough to stay in the processor's cache."""
TIME_VALUE = struct.Struct("@ll")


class Gone(Exception):  # noqa: N818 - it reads as the state it is
    """The peer closed the connection, or said nothing for too long."""


class Connection:
    """Belongs to one thread; `shut` may come from another."""

    def __init__(self, transport: socket.socket, limits: Limits) -> None:
        self._transport = transport
        self._limits = limits
        self._buffer = bytearray(limits.pdu + HEADER.size)
        self._view = memoryview(self._buffer)
        self._begin = self._end = 0
        self._deadline = self._idle = 0.0

    def allow(self, seconds: float, idle: float) -> None:
        """From now on reading may take `seconds` in all, and `idle` without a byte."""
        self._deadline = time.monotonic() + seconds
        if idle != self._idle:
            self._idle = idle
            self._limit_silence()

    def _limit_silence(self) -> None:
        """By the system's own clock where it can be: Python's costs another system call for every one."""
        if isinstance(self._transport, ssl.SSLSocket):
            self._transport.settimeout(self._idle)
            return
        whole, part = divmod(self._idle, 1)
        time_value = TIME_VALUE.pack(int(whole), int(part * 1_000_000))
        with suppress(OSError):  # closed already, as the next call will say
            self._transport.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, time_value)
            self._transport.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, time_value)

    def encrypt(self, encryption: Encryption) -> None:
        """Shake hands. Raises `Gone`."""
        self._transport.settimeout(self._idle)
        try:
            self._transport = encryption.wrapped(self._transport)
        except OSError as error:
            raise Gone(f"no TLS: {type(error).__name__}") from None

    def pdu(self) -> tuple[int, memoryview]:
        """The next PDU's type and body. The body is valid until the next call.

        Raises `Gone`, and `Violation` for a PDU beyond the limit.
        """
        self._fill(HEADER.size)
        kind, length = HEADER.unpack_from(self._buffer, self._begin)
        if length > self._limits.pdu:
            raise Violation("a PDU is longer than the limit")
        self._fill(HEADER.size + length)
        body = self._begin + HEADER.size
        self._begin = body + length
        return kind, self._view[body : self._begin]

    def _fill(self, needed: int) -> None:
        """Read until `needed` bytes lie together."""
        have = self._end - self._begin
        if have >= needed:
            return
        if have == 0:
            self._begin = self._end = 0
        elif self._begin + needed > len(self._buffer):
            self._view[:have] = self._view[self._begin : self._end]
            self._begin, self._end = 0, have
        while self._end - self._begin < needed:
            self._end += self._received(self._view[self._end : self._end + READ])

    def _received(self, room: memoryview) -> int:
        try:
            count = self._transport.recv_into(room)
        except (TimeoutError, BlockingIOError):
            raise Gone("nothing came for too long") from None
        except OSError as error:
            raise Gone(f"the connection broke: {type(error).__name__}") from None
        if not count:
            raise Gone("closed by the peer")
        if time.monotonic() > self._deadline:
            raise Gone("it took too long")
        return count

    def send(self, data: bytes) -> None:
        """Raises `Gone`."""
        try:
            self._transport.sendall(data)
        except OSError as error:
            raise Gone(f"the connection broke: {type(error).__name__}") from None

    def shut(self, how: int) -> None:
        """Wake the thread that waits for bytes, or for room to send them."""
        with suppress(OSError):
            socket.socket.shutdown(self._transport, how)  # a TLS socket's own would drop the encryption, too

    def close(self, last_word: bytes = b"") -> None:
        """Say the last word and close when the peer has closed or had its time.

        Closed at once, with bytes unread, the peer would see a reset instead of the last word.
        """
        with self._transport, suppress(OSError):
            deadline = time.monotonic() + self._limits.linger
            self._transport.settimeout(self._limits.linger)
            if last_word:
                self._transport.sendall(last_word)
            socket.socket.shutdown(self._transport, socket.SHUT_WR)
            while time.monotonic() < deadline and self._transport.recv_into(self._view):
                pass
