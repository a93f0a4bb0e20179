"""Passwords as they are kept: scrypt (RFC 7914) with its parameters, as `scrypt$n$r$p$salt$key`, both in base64."""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass

COST, BLOCK, LANES = 2**14, 8, 1
SALT_BYTES, KEY_BYTES = 16, 32
MOST_COST, MOST_BLOCK, MOST_LANES = 2**17, 16, 4
"""What a line of the users file may ask of us: 256 MiB, for one attempt."""


@dataclass(frozen=True)
class Hashed:
    """One line's hash, read."""

    cost: int
    block: int
    lanes: int
    salt: bytes
    key: bytes


def hashed(password: str) -> str:
    """What the users file keeps of `password`; another text each time."""
    salt = os.urandom(SALT_BYTES)
    key = _key(password, Hashed(COST, BLOCK, LANES, salt, bytes(KEY_BYTES)))
    return f"scrypt${COST}${BLOCK}${LANES}${_text(salt)}${_text(key)}"


def read(text: str) -> Hashed:
    """The parts of a kept hash; raises `ValueError` when it is none of ours."""
    try:
        kind, cost, block, lanes, salt, key = text.strip().split("$")
        parts = Hashed(int(cost), int(block), int(lanes), _bytes(salt), _bytes(key))
    except (ValueError, binascii.Error):
        raise ValueError("not a hash made by `radquarry password`") from None
    bounds = (
        kind == "scrypt"
        and 2 <= parts.cost <= MOST_COST
        and parts.cost & (parts.cost - 1) == 0
        and 1 <= parts.block <= MOST_BLOCK
        and 1 <= parts.lanes <= MOST_LANES
        and len(parts.salt) >= 8
        and len(parts.key) == KEY_BYTES
    )
    if not bounds:
        raise ValueError("not a hash made by `radquarry password`")
    return parts


def matches(password: str, kept: str) -> bool:
    """Whether `kept` was made of `password`; takes as long whatever the password. Raises `ValueError`, see `read`."""
    parts = read(kept)
    return hmac.compare_digest(_key(password, parts), parts.key)


def _key(password: str, parts: Hashed) -> bytes:
    memory = 132 * parts.cost * parts.block * parts.lanes + 2**20
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=parts.salt,
        n=parts.cost,
        r=parts.block,
        p=parts.lanes,
        maxmem=memory,
        dklen=KEY_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
