"""A form with files, read as it comes (RFC 7578): to the disk in steps, never whole in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from radquarry.api.problems import Problem, invalid

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_TEXT = 256 * 1024
MOST_PARTS = 12_000
STEP_BYTES = 512 * 1024
PATIENCE_SECONDS = 60.0
"""A sender that sends nothing for so long has broken off."""
MOST_DRAINED = 64 * 1024**2


class Taker(Protocol):
    """Where files go, one after the other. It may block: it is called in a thread."""

    def begin(self, told: str) -> None:
        """The next file, by the name that the sender tells."""

    def write(self, data: bytes) -> None:
        """More of it."""

    def end(self) -> None:
        """It is whole."""


@dataclass
class Form:
    """The texts of a form by their names (the last of several counts), and of its files name and number from 1."""

    texts: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, int]] = field(default_factory=list)

    def number_of(self, name: str) -> int | None:
        """Which file came as this field of the form."""
        return next((number for field_name, number in self.files if field_name == name), None)


async def read_form(content_type: str, body: AsyncIterator[bytes], taker: Taker) -> Form:
    """Raises `Problem` when it is no whole form, and what `taker` and `body` raise."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(415, "not-a-form", "Not a form", "Files are sent as multipart/form-data.")
    reader = _Reader()
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        async for chunk in _patiently(body):
            parser.write(chunk)
            if reader.waiting >= STEP_BYTES:
                await _in_a_thread(reader, taker)
        parser.finalize()
    except FormParserError:
        raise invalid("The form cannot be read: it is not as RFC 7578 has it.") from None
    if not reader.is_whole:
        raise _broken_off()
    await _in_a_thread(reader, taker)
    return reader.form


async def drained(body: AsyncIterator[bytes]) -> None:
    """Take what a browser still sends, and forget it: before it has sent all, it reads no answer."""
    left = MOST_DRAINED
    with suppress(Problem):
        async for chunk in _patiently(body):
            left -= len(chunk)
            if left < 0:
                return


async def _patiently(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    chunks = aiter(body)
    while True:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except ClientDisconnect:
            raise _broken_off() from None
        except TimeoutError:
            raise Problem(408, "too-slow", "Too slow", "Nothing came for a minute: nothing was kept.") from None
        yield chunk


def _broken_off() -> Problem:
    return invalid("The upload broke off: nothing of it was kept.")


async def _in_a_thread(reader: "_Reader", taker: Taker) -> None:
    """Even when nobody waits for it any more, the thread is at its end before anything is cleared away."""
    steps = reader.steps()
    work = asyncio.create_task(asyncio.to_thread(_carry_out, steps, taker))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # looked at, so that nobody complains of an error unseen
        raise


_BEGIN, _WRITE, _END = range(3)
_Step = tuple[int, str, bytes]


def _carry_out(steps: list[_Step], taker: Taker) -> None:
    for step, told, data in steps:
        if step == _BEGIN:
            taker.begin(told)
        elif step == _WRITE:
            taker.write(data)
        else:
            taker.end()


class _Reader:
    """What the parser calls, as steps for the disk."""

    def __init__(self) -> None:
        self.form = Form()
        self.waiting = 0
        self.is_whole = False
        self._steps: list[_Step] = []
        self._parts = 0
        self._text_bytes = 0
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._name = ""
        self._text: bytearray | None = None
        self._is_file = False

    def callbacks(self) -> "MultipartCallbacks":
        """By the names that the parser knows."""
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def steps(self) -> list[_Step]:
        """What is to be done on the disk, once."""
        steps, self._steps, self.waiting = self._steps, [], 0
        return steps

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Problem(413, "too-many", "Too many parts", f"A form has at most {MOST_PARTS} parts.")
        self._disposition, self._text, self._is_file = b"", None, False
        self._header = (bytearray(), bytearray())

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_end(self) -> None:
        name, value = self._header
        if bytes(name).lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")[:64]
        told = options.get(b"filename")
        if told is None:
            self._text = bytearray()
        elif told:  # a file field in which nothing was chosen has an empty name
            self._is_file = True
            self.form.files.append((self._name, len(self.form.files) + 1))
            self._steps.append((_BEGIN, told.decode("utf-8", "replace"), b""))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._steps.append((_WRITE, "", data[start:end]))
            self.waiting += end - start
        elif self._text is not None:
            self._text_bytes += end - start
            if self._text_bytes > MOST_TEXT:
                raise Problem(413, "too-large", "Too large", "The texts of the form are too long.")
            self._text.extend(data[start:end])

    def _part_end(self) -> None:
        if self._is_file:
            self._steps.append((_END, "", b""))
        elif self._text is not None:
            self.form.texts[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self.is_whole = True
