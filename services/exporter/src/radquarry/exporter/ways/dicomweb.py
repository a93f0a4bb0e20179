"""A DICOMweb service as a destination: STOW-RS (PS3.18 10.5), each file as it lies there, streamed from the disk."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import httpx

from radquarry.configuration.sections import Destination
from radquarry.dicom.encryption import Tls
from radquarry.errors import Permanent
from radquarry.exporter.ways.breaking_off import around_breaks, broke_off
from radquarry.exporter.ways.dicom_peer import DicomPeer, Load, loads_of
from radquarry.exporter.ways.port import Answer, DestinationAway, DestinationRefuses, Shipment, Staged
from radquarry.exporter.ways.stow_answers import said_of

MOST_BYTES, MOST_FILES = 64_000_000, 200
"""Of one request; a single larger file is a request of its own."""
CHUNK = 1 << 20
MOST_OF_AN_ANSWER = 16_000_000
REFUSING = (401, 403, 404, 405, 406, 415, 501)
PASSING = (408, 425, 429, 503, 507)
"""Busy or full, whatever the file; any other answer from 500 on is taken to be for a file's sake."""
HALVED = (400, 413, 422)
"""Too large, or for one file's sake: the others are asked for without it."""
LONGEST_WAIT = 3600.0


class _BrokenOffError(Exception):
    """A request of which nothing is known, after it reached the service."""


class DicomWeb(DicomPeer):
    """Requests are small enough to be repeated; what an answer does not name was not taken."""

    def __init__(self, destination: Destination, most_bytes: int = MOST_BYTES) -> None:
        self._destination = destination
        self._most_bytes = most_bytes

    async def deliver(self, shipment: Shipment, files: Sequence[Staged]) -> AsyncGenerator[Answer, None]:
        """See `Way`."""
        del shipment
        loads, unsendable = await loads_of(files)
        for answer in unsendable:
            yield answer
        async with (
            self._opened() as client,
            aclosing(around_breaks(loads, partial(self._requested, client), by_itself=True)) as answering,
        ):
            async for answer in answering:
                yield answer

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[httpx.AsyncClient]:
        """Redirects are not followed, they could lead anywhere."""
        there = self._destination
        headers = {"Accept": "application/dicom+json"}
        if there.token is not None:
            headers["Authorization"] = f"Bearer {there.token.get_secret_value()}"
        login = (
            httpx.BasicAuth(there.user, there.password.get_secret_value()) if there.user and there.password else None
        )
        try:
            verify = Tls(**dict(there.tls)).context() if there.tls is not None else True
        except Permanent as fault:
            raise DestinationRefuses(str(fault)) from None
        async with httpx.AsyncClient(
            headers=headers, auth=login, timeout=there.timeout_seconds, verify=verify, trust_env=False
        ) as client:
            yield client

    async def _requested(self, client: httpx.AsyncClient, loads: Sequence[Load]) -> AsyncGenerator[Answer, None]:
        """To the end, or to the file for whose sake requests fail, which is found by halving."""
        waiting = [*_portions(loads, self._most_bytes)]
        while waiting:
            some = waiting.pop(0)
            try:
                status, body, words = await self._stored(client, some)
            except _BrokenOffError as fault:
                if len(some) == 1:
                    yield broke_off(some[0][0], str(fault))
                    return
                status = 0
            if len(some) > 1 and (not status or status in HALVED):
                waiting[:0] = [some[: len(some) // 2], some[len(some) // 2 :]]
                continue
            for answer in _answers(some, status, body, words):
                yield answer

    async def _stored(self, client: httpx.AsyncClient, loads: Sequence[Load]) -> tuple[int, bytes, str]:
        """Status, body and words of one request. Raises `DestinationAway`, `DestinationRefuses`, `_BrokenOffError`."""
        boundary = f"radquarry-{secrets.token_hex(16)}"
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"--{boundary}--\r\n".encode()
        length = sum(len(head) + file.bytes + 2 for file, _ in loads) + len(tail)
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(length),
        }
        body = _body([file for file, _ in loads], head, tail)
        url = str(self._destination.url).rstrip("/") + "/studies"
        try:
            async with client.stream("POST", url, content=body, headers=headers) as answer:
                told = await _read(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise DestinationAway(f"STOW-RS: {type(error).__name__}") from None
        except httpx.RequestError as error:
            raise _BrokenOffError(f"STOW-RS: {type(error).__name__}") from None
        words = f"STOW-RS: HTTP {answer.status_code}"
        if answer.status_code in REFUSING:
            raise DestinationRefuses(f"{words}; mend url, user, password or token of the destination")
        if answer.status_code in PASSING or "Retry-After" in answer.headers:
            raise DestinationAway(words, after=_wait(answer.headers.get("Retry-After", "")))
        if answer.status_code >= 500:
            raise _BrokenOffError(words)
        return answer.status_code, told, words


def _answers(loads: Sequence[Load], status: int, body: bytes, words: str) -> Iterator[Answer]:
    """Of each, what the response says by name; what it does not name is asked for again where that may help."""
    said = said_of(body) if status in (200, 202, 409) else {}
    for file, parcel in loads:
        uid = parcel.sop_instance_uid
        meaning, why = said.get(uid, ("", ""))
        if meaning == "delivered":
            yield Answer(file, "delivered", why and f"the destination says: {why}", uid)
        elif meaning:
            yield Answer(file, "failed" if meaning == "failed" else "later", f"the destination says: {why}", uid)
        elif status in (200, 202):
            yield Answer(file, "later", f"{words}, and the answer does not name it", uid)
        elif status == 409:
            yield Answer(file, "later", f"{words}, without a reason", uid)
        else:
            yield Answer(file, "failed", words, uid)


def _portions(loads: Sequence[Load], most_bytes: int) -> Iterator[Sequence[Load]]:
    some: list[Load] = []
    size = 0
    for load in loads:
        if some and (size + load[0].bytes > most_bytes or len(some) >= MOST_FILES):
            yield some
            some, size = [], 0
        some.append(load)
        size += load[0].bytes
    if some:
        yield some


async def _body(files: Sequence[Staged], head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    for file in files:
        yield head
        with file.path.open("rb") as read:
            while chunk := await asyncio.to_thread(read.read, CHUNK):
                yield chunk
        yield b"\r\n"
    yield tail


async def _read(answer: httpx.Response) -> bytes:
    told = bytearray()
    async for piece in answer.aiter_bytes():
        told += piece
        if len(told) > MOST_OF_AN_ANSWER:
            raise DestinationAway("STOW-RS: the answer has no end")
    return bytes(told)


def _wait(retry_after: str) -> float:
    """Seconds (RFC 9110 10.2.3), 0 where it says none."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else 0.0  # noqa: PLR0124 - a NaN is no wait
