"""From where one may come in, how much may be sent, and what every answer carries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from radquarry.api.security.answers import HEADERS
from radquarry.api.security.doors import host_name, is_loopback
from radquarry.api.web_server import bound
from radquarry.configuration.file import ConfigurationError
from radquarry.messages import CrawlRequested
from tests.api.gateway import CRAWL, Gateway, a_gateway, a_problem
from tests.api.stories import uid


def test_a_port_that_is_taken_is_named() -> None:
    with (
        bound("127.0.0.1", 0) as taken,
        pytest.raises(ConfigurationError, match=r"api.port: cannot listen on 127.0.0.1 port \d+"),
    ):
        bound("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigurationError, match=r"api\.host"):
        bound("no such host", 0)


@pytest.mark.parametrize(
    ("host", "name", "loopback"),
    [
        ("localhost:8000", "localhost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.9.9.9:1", "127.9.9.9", True),
        ("[::1]:8000", "::1", True),
        ("radquarry.localhost", "radquarry.localhost", True),
        ("evil.example:8000", "evil.example", False),
        ("localhost.evil.example", "localhost.evil.example", False),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example", False),
        ("", "", False),
    ],
)
def test_a_host_is_loopback_or_not(host: str, name: str, *, loopback: bool) -> None:
    assert (host_name(host), is_loopback(host_name(host))) == (name, loopback)


async def test_a_foreign_name_for_loopback_is_refused(tmp_path: Path) -> None:
    """DNS rebinding: a page of evil.example must not read a server on loopback."""
    async with a_gateway(tmp_path, api={"allowed_hosts": ["radquarry.hospital.example"]}) as gateway:
        for host in ("evil.example", "127.0.0.1.evil.example", ""):
            a_problem(await gateway.client.get("/api/v1/crawls", headers={"Host": host}), 403, "host")
        for host in ("localhost:8000", "RADQUARRY.hospital.example:443", "[::1]"):
            assert (await gateway.client.get("/api/v1/crawls", headers={"Host": host})).status_code == 200


async def test_a_foreign_page_changes_nothing(gateway: Gateway) -> None:
    own = gateway.url
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": own, "Sec-Fetch-Site": "cross-site"},
        {"Origin": own, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ]
    for headers in foreign:
        a_problem(await gateway.post("/crawls", CRAWL, **headers), 403, "foreign-origin")
        assert (await gateway.client.get("/api/v1/crawls", headers=headers)).status_code == 200
    for headers in ({}, {"Origin": own}, {"Origin": own, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert (await gateway.post("/crawls", CRAWL, **headers)).status_code == 202


async def test_a_large_body_is_refused_before_it_is_sent(gateway: Gateway) -> None:
    address = httpx.URL(gateway.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)

    writer.write(
        f"POST /api/v1/crawls HTTP/1.1\r\nHost: {address.netloc.decode()}\r\n"
        "Content-Type: application/json\r\nContent-Length: 9437184\r\n\r\n".encode()
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()

    assert head.startswith(b"HTTP/1.1 413 ")


async def test_a_large_body_that_announces_nothing_is_refused(gateway: Gateway) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * (1 << 20)

    with suppress(httpx.TransportError):  # the server may close before all is sent
        a_problem(await gateway.client.post("/api/v1/crawls", content=unannounced()), 413, "too-large")

    assert gateway.bus.orders(CrawlRequested) == []


async def test_every_answer_carries_the_policy(gateway: Gateway) -> None:
    for path in ("/", "/health/live", "/api/v1/crawls", "/api/v1/none", "/static/none", "/metrics", "/none"):
        answer = await gateway.client.get(path, headers={"Accept": "text/html"})
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "server" not in answer.headers
    assert "script-src 'self';" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


async def test_a_search_leaves_its_words_in_no_log(gateway: Gateway, capfd: pytest.CaptureFixture[str]) -> None:
    await gateway.hold(1)

    with capture_logs() as lines:
        await gateway.get("/studies", q="patient_name:Geheim")
        await gateway.get(f"/studies/{uid(0)}")
        await gateway.client.get("/", params={"q": "patient_name:Geheim"})
        await gateway.client.get(f"/studies/{uid(0)}")

    assert [(each["action"], each["user"]) for each in lines if each["event"] == "audit"] == [
        ("searched", "local"),
        ("study read", "local"),
        ("page GET", "local"),
        ("page GET", "local"),
    ]
    said = str(lines) + "".join(capfd.readouterr())
    assert "Geheim" not in said
    assert "Muster" not in said
