"""The parts of a multipart/related answer, one by one as they come (RFC 2046 5.1, PS3.18 8.6.1.2)."""

import re
from collections.abc import Iterator

MOST_HEAD = 16 * 1024
MOST_PART = 4 * 1024**3
BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))""", re.IGNORECASE)


class NotMultipart(Exception):  # noqa: N818 - it reads as the verdict on an answer that it is
    """The answer is not what it says it is, or ends too early."""


def boundary_of(content_type: str) -> bytes:
    """Of a Content-Type; raises `NotMultipart`."""
    found = BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/") or found is None:
        raise NotMultipart("the answer is not multipart")
    return (found[1] or found[2]).encode("latin-1")


class Parts:
    """Feed it pieces of the answer; it gives the bodies of the parts that have come whole."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._data = bytearray(b"\r\n")  # the first delimiter may stand at the very beginning
        self._searched = 0
        self._is_begun = False
        self.is_ended = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Raises `NotMultipart`."""
        self._data += piece
        while not self.is_ended and (end := self._next_delimiter()) is not None:
            part, self._data = self._data[:end], self._data[end + len(self._delimiter) :]
            self._searched = 0
            is_begun, self._is_begun = self._is_begun, True
            if is_begun:
                yield _body(part)
        if len(self._data) > MOST_PART:
            raise NotMultipart("a part of the answer is longer than anything we take")

    def _next_delimiter(self) -> int | None:
        """Where it is, once it is known whether it is the last one."""
        at = self._data.find(self._delimiter, self._searched)
        if at < 0:
            self._searched = max(0, len(self._data) - len(self._delimiter))
            return None
        behind = at + len(self._delimiter)
        after = self._data[behind : behind + 2]
        if len(after) < 2:
            self._searched = at
            return None
        self.is_ended = after == b"--"
        return at


def _body(part: bytearray) -> bytes:
    head, found, body = bytes(part[:MOST_HEAD]).partition(b"\r\n\r\n")
    if not found:
        raise NotMultipart("a part of the answer has no body")
    return bytes(part[len(head) + 4 :]) if len(part) > MOST_HEAD else body
