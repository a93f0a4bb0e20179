"""What is refused before any route sees it: strange hosts, foreign origins, large bodies, unknown users."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from radquarry.api.exchange import MOST_BYTES as MOST_FILES_BYTES
from radquarry.api.problems import Problem
from radquarry.api.security.gate import Gate, sign_in

HARMLESS = {"GET", "HEAD", "OPTIONS"}
OPEN_PATHS = ("/health/live", "/health/ready")
"""A container's probe knows neither users nor the right Host."""
MOST_BYTES = 8 * 1024 * 1024
KINDS_OF_UPLOADS = ("deidentifications", "previews", "conversions")
UPLOADS = tuple(f"{folder}/{kind}" for folder in ("/api/v1", "/tools") for kind in KINDS_OF_UPLOADS)
"""Where files come in: read as they come, onto the disk, whose room is watched there."""
MOST_UPLOADED = MOST_FILES_BYTES + MOST_BYTES
MOST_DRAINED = 64 * 1024 * 1024


class Doors:
    """One ASGI application before another; raises the `Problem` to answer with."""

    def __init__(self, app: ASGIApp, *, gate: Gate | None, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._gate = gate
        self._hosts = {host.lower() for host in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or raise."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["user"] = ""
        if scope["path"] not in OPEN_PATHS:
            headers = Headers(scope=scope)
            self._check_host(headers.get("host", ""))
            if scope["method"] not in HARMLESS:
                _check_origin(headers)
            if self._gate is not None:
                scope["state"]["user"] = await self._user(self._gate, scope, headers)
            most = MOST_UPLOADED if scope["path"] in UPLOADS else MOST_BYTES
            receive = await _bounded(receive, headers, most)
        await self._app(scope, receive, send)

    def _check_host(self, host: str) -> None:
        """Against DNS rebinding: a foreign page must not reach a server on loopback under its own name."""
        name = host_name(host)
        if self._gate is not None and not self._hosts:
            return
        if not is_loopback(name) and name not in self._hosts:
            detail = "This server is not known by that name; api.allowed_hosts lists further ones."
            raise Problem(403, "host", "Unknown host", detail)

    async def _user(self, gate: Gate, scope: Scope, headers: Headers) -> str:
        authorization = headers.get("authorization")
        if authorization is None:
            raise sign_in("Sign in with a name and a password (HTTP Basic).")
        client = scope.get("client")
        return await gate.user(authorization, client[0] if client else "")


def _check_origin(headers: Headers) -> None:
    """Against request forgery: a browser sends credentials by itself, but it also says where a request comes from."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = site not in (None, "same-origin", "none")
    if site is None and origin is not None:
        foreign = urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    if foreign:
        detail = "A request that changes something must come from this server's own pages."
        raise Problem(403, "foreign-origin", "Foreign origin", detail)


async def _bounded(receive: Receive, headers: Headers, most: int) -> Receive:
    announced = headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > most:
        if headers.get("content-type", "").startswith("multipart/form-data"):
            await _drain(receive, announced)
        raise _too_large(most)
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise _too_large(most)
        return message

    return counted


async def _drain(receive: Receive, announced: str) -> None:
    """A browser that sends a file reads no answer before it has sent all of it: it would show a broken connection."""
    more = announced.isdecimal() and int(announced) <= MOST_DRAINED
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message.get("more_body", False)


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", "Too large", f"A request has at most {most // 1024 // 1024} MiB.")


def host_name(host: str) -> str:
    """Of a Host header, without the port; an IPv6 address without its brackets."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.rpartition(":")[0] if name.count(":") == 1 else name


def is_loopback(host: str) -> bool:
    """Whether a name or address can only mean this machine (RFC 6761 for the names)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
