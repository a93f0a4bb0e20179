"""Answers of several parts (RFC 2387, PS3.18 section 8.6.1.2), written as their bytes come."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid4

from fastapi.responses import StreamingResponse

from radquarry.api.dicomweb.cautions import Cautions
from radquarry.api.dicomweb.headers import HOSTILE, unreadable

Bytes = AsyncIterator[bytes]
SAY_NOTHING = Cautions()


@dataclass(frozen=True)
class Part:
    """`media` with its parameters; `location` is where the same bytes are by themselves."""

    media: str
    content: Bytes
    location: str = ""

    @property
    def head(self) -> bytes:
        """Its header lines."""
        lines = {"Content-Type": self.media, "Content-Location": self.location}
        return "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value).encode("ascii") + b"\r\n"


async def begun(parts: AsyncIterator[Part]) -> AsyncIterator[Part]:
    """The same parts, with the first bytes already there: what is wrong with them is said before the answer begins."""
    first = await anext(parts)
    try:
        beginning = await anext(first.content, b"")
    except HOSTILE as error:
        raise unreadable(error) from None

    async def content() -> Bytes:
        yield beginning
        async for portion in first.content:
            yield portion

    async def all_parts() -> AsyncIterator[Part]:
        yield Part(first.media, content(), first.location)
        async for part in parts:
            yield part

    return all_parts()


async def multipart(parts: AsyncIterator[Part], media: str, cautions: Cautions = SAY_NOTHING) -> StreamingResponse:
    """`media` is that of the parts, or of the first of them.

    What goes wrong after the head was sent ends the connection without the last boundary: nobody takes it for whole.
    """
    boundary = uuid4().hex
    kind = f'multipart/related; type="{media}"; boundary={boundary}'
    content = _written(await begun(parts), boundary)
    return StreamingResponse(content, cautions.status, cautions.headers, media_type=kind)


async def _written(parts: AsyncIterator[Part], boundary: str) -> Bytes:
    async for part in parts:
        yield f"--{boundary}\r\n".encode() + part.head
        async with aclosing(part.content):  # type: ignore[type-var]
            async for portion in part.content:
                yield portion
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
