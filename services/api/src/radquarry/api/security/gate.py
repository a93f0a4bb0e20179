"""HTTP Basic (RFC 7617) against the users file: one scrypt for the first request of a session, not for each."""

import asyncio
import base64
import binascii
import hashlib
import os
import time
from collections import OrderedDict

from radquarry.api.passwords import matches
from radquarry.api.problems import Problem
from radquarry.api.security.users import Users

REMEMBER_SECONDS = 300.0
MOST_REMEMBERED = 1000
MOST_WAITING = 32
STEP_SECONDS, MOST_SECONDS = 0.25, 4.0
AT_ONCE = 2
"""Derivations at a time in this process: 16 MiB and a core's attention each."""


class Line:
    """Attempts from one address stand in line, the longer the more of them failed."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
        self.failed = 0

    @property
    def seconds(self) -> float:
        """How long the next attempt waits."""
        return min(MOST_SECONDS, STEP_SECONDS * 2**self.failed / 2) if self.failed else 0.0


class Gate:
    """Says who asks, or why not."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._secret = os.urandom(32)
        self._known: OrderedDict[bytes, float] = OrderedDict()
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def user(self, authorization: str, address: str) -> str:
        """The name behind an `Authorization` header; raises the problem to answer with."""
        name, password = _credentials(authorization)
        kept = self._users.hash_of(name)
        mark = self._mark(name, password, kept or "")
        if self._is_known(mark):
            return name
        line = self._line(address)
        if line.waiting >= MOST_WAITING:
            raise _too_many()
        line.waiting += 1
        try:
            async with line.lock:
                if self._is_known(mark):  # a browser asks for several things at once
                    return name
                await asyncio.sleep(line.seconds)
                right = await self._right(password, kept or self._users.any_hash()) and kept is not None
                line.failed = 0 if right else line.failed + 1
                if right:
                    self._remember(mark)
        finally:
            line.waiting -= 1
        if not right:
            raise sign_in("The name or the password is wrong.")
        return name

    def _is_known(self, mark: bytes) -> bool:
        return self._known.get(mark, 0.0) > time.monotonic()

    async def _right(self, password: str, kept: str) -> bool:
        async with self._at_once:
            return await asyncio.to_thread(matches, password, kept)

    def _mark(self, name: str, password: str, kept: str) -> bytes:
        """Stands for verified credentials in memory; useless elsewhere, and void when the users file changes."""
        text = f"{name}\0{password}\0{kept}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._secret, digest_size=32).digest()

    def _remember(self, mark: bytes) -> None:
        self._known[mark] = time.monotonic() + REMEMBER_SECONDS
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _line(self, address: str) -> Line:
        line = self._lines.setdefault(address, Line())
        self._lines.move_to_end(address)
        while len(self._lines) > MOST_REMEMBERED:
            self._lines.popitem(last=False)
        return line


def _credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise sign_in("Sign in with a name and a password (HTTP Basic).")
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        raise sign_in("The Authorization header cannot be read.") from None
    if not colon:
        raise sign_in("The Authorization header cannot be read.")
    return name, password


def sign_in(detail: str) -> Problem:
    """401, so that a browser asks."""
    problem = Problem(401, "sign-in", "Who are you?", detail)
    problem.headers = {"WWW-Authenticate": 'Basic realm="radquarry", charset="UTF-8"'}
    return problem


def _too_many() -> Problem:
    problem = Problem(429, "too-many-attempts", "Too many attempts", "Too many attempts at once: wait a moment.")
    problem.headers = {"Retry-After": str(int(MOST_SECONDS))}
    return problem
