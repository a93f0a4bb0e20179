"""Who may store: an AE title together with the address it comes from."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterable
from functools import partial

import structlog

from radquarry.configuration.sections import Node, Pacs

log = structlog.get_logger(__name__)

RESOLVED_FOR = 60.0
"""Seconds that the addresses of a host name are believed."""

ANY_TITLE = "*"

LOOPBACK = ("127.0.0.0/8", "::1")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Callers:
    """The configured PACS, each from its `host`, and `allowed_callers`: `TITLE`, `TITLE@host` or `TITLE@network`.

    `*` in the place of a title is every title.
    Our own title may store from this machine: what radquarry fetched by another way than C-MOVE comes in by this door.
    """

    def __init__(self, node: Node, pacs: Iterable[Pacs]) -> None:
        self._places = {node.ae_title: set(LOOPBACK)}
        self._resolved: dict[str, tuple[float, frozenset[Address]]] = {}
        self._lock = threading.Lock()
        for one in pacs:
            self._places.setdefault(one.ae_title, set()).add(one.host)
        for caller in node.allowed_callers:
            title, _, place = caller.partition("@")
            self._places.setdefault(title.strip(), set()).add(place)

    def refusal(self, ae_title: str, address: str) -> str:
        """Why this caller may not store; empty when it may."""
        here = _plain(address)
        if self._lets_in(self._places.get(ANY_TITLE, set()), here):
            return ""
        places = self._places.get(ae_title)
        if places is None:
            return "unknown calling AE title"
        return "" if self._lets_in(places, here) else "this calling AE title is known, but not from this address"

    def _lets_in(self, places: set[str], address: Address) -> bool:
        return "" in places or any(map(partial(self._is_at, address), places))

    def _is_at(self, address: Address, place: str) -> bool:
        try:
            return address in ipaddress.ip_network(place, strict=False)
        except ValueError:
            return address in self._addresses(place)

    def _addresses(self, host: str) -> frozenset[Address]:
        """Of a name; when it cannot be resolved now, those it had before."""
        until, known = self._resolved.get(host, (0.0, frozenset[Address]()))
        if time.monotonic() < until:
            return known
        try:
            known = frozenset(_plain(str(found[4][0])) for found in socket.getaddrinfo(host, None))
        except OSError:
            log.warning("the name of a caller's host cannot be resolved", host=host)
        with self._lock:
            self._resolved[host] = (time.monotonic() + RESOLVED_FOR, known)
        return known


def _plain(address: str) -> Address:
    """An IPv4 address that came in through an IPv6 socket is an IPv4 address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
