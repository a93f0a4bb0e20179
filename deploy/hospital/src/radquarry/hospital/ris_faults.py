"""The RIS's bad days: every nth request under /fhir fails, in turn with each of the ways asked for."""

import asyncio
import itertools
import socket
import struct
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from radquarry.hospital.faults import FailureKind, Faults
from radquarry.hospital.traffic import Entry, Traffic

_HTML = b"<!DOCTYPE html><html><head><title>Wartung</title></head><body><h1>Wartungsarbeiten</h1></body></html>"
_ERROR_BUNDLE = (
    b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception", '
    b'"diagnostics": "ORA-01555: snapshot too old"}]}'
)
_ANSWERS: dict[str, tuple[int, bytes, bytes]] = {
    "500": (500, b"text/plain", b"Internal Server Error"),
    "html": (200, b"text/html; charset=utf-8", _HTML),
    "error_bundle": (200, b"application/fhir+json", _ERROR_BUNDLE),
    "garbage": (200, b"application/fhir+json", b'{"resourceType": "Bundle", "entry": [{"resour'),
}


class BadDays:
    """ASGI middleware that logs every request and spoils some."""

    def __init__(self, app: ASGIApp, faults: Faults, traffic: Traffic) -> None:
        self._app = app
        self._faults = faults
        self._traffic = traffic
        self._requests = itertools.count(1)
        self._failures = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/fhir"):
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        entry = self._traffic.begin("http", method=scope["method"], path=scope["path"], query=query)
        faults = self._faults.ris
        await asyncio.sleep(faults.delay_ms / 1000)
        if faults.fail_every and next(self._requests) % faults.fail_every == 0:
            kind = faults.fail_with[next(self._failures) % len(faults.fail_with)]
            await self._fail(kind, scope, receive, send)
            self._traffic.end(entry, kind)
            return
        await self._answer(scope, receive, send, entry)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, entry: Entry) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.outcome = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._traffic.end(entry, entry.outcome or "error")

    async def _fail(self, kind: FailureKind, scope: Scope, receive: Receive, send: Send) -> None:
        if kind in {"reset", "timeout"}:
            if kind == "timeout":
                await _until_gone(receive, self._faults.ris.timeout_seconds)
            _reset(scope["radquarry.transport"])
            await _until_gone(receive, 1)
            return
        status, content_type, body = _ANSWERS[kind]
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class TransportInScope(H11Protocol):
    """Uvicorn's HTTP protocol that also shows the application its transport, so that it can be reset."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "radquarry.transport": transport}, receive, send)

        self.app = with_transport


def _reset(transport: asyncio.Transport) -> None:
    """Close with RST instead of FIN."""
    if not transport.is_closing():
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


async def _until_gone(receive: Receive, seconds: float) -> None:
    """Say nothing until the client hangs up or `seconds` have passed."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
