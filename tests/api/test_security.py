"""Who may come in, from where, and what every answer carries."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from radquarry.api.__main__ import guard_of
from radquarry.api.passwords import hashed, matches, read
from radquarry.api.problems import Problem
from radquarry.api.security.answers import HEADERS
from radquarry.api.security.doors import host_name, is_loopback
from radquarry.api.security.gate import Gate
from radquarry.api.security.users import Users
from radquarry.api.web_server import bound
from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Api
from radquarry.messages import CrawlRequested
from tests.api.gateway import CRAWL, Gateway, a_gateway, a_problem
from tests.api.stories import uid

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def line() -> str:
    return f"ada:{hashed(PASSWORD)}\n"


@pytest.fixture
def users_file(tmp_path: Path, line: str) -> Path:
    file = tmp_path / "users"
    file.write_text(f"# who may come in\n\n{line}")
    return file


def test_a_password_matches_its_hash_alone() -> None:
    kept = hashed("pässword")

    assert matches("pässword", kept)
    assert not matches("password", kept)
    assert hashed("pässword") != kept


@pytest.mark.parametrize(
    "kept", ["", "x", "plain", "scrypt$3$8$1$AAAAAAAAAAA=$AAAA", "scrypt$16384$8$1$$", "md5$1$1$1$a$b"]
)
def test_what_is_no_hash_is_refused(kept: str) -> None:
    with pytest.raises(ValueError, match="radquarry password"):
        read(kept)


def test_a_host_that_is_not_loopback_needs_authentication(users_file: Path) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "hospital.example"):
        with pytest.raises(ConfigurationError, match=r"api.host: .* configure api.authentication.users_file"):
            guard_of(Api(host=host))

    assert guard_of(Api(host="::1")).gate is None
    assert guard_of(Api.model_validate({"host": "0.0.0.0", "authentication": {"users_file": users_file}})).gate


def test_a_port_that_is_taken_is_named() -> None:
    with (
        bound("127.0.0.1", 0) as taken,
        pytest.raises(ConfigurationError, match=r"api.port: cannot listen on 127.0.0.1 port \d+"),
    ):
        bound("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(ConfigurationError, match=r"api\.host"):
        bound("no such host", 0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "names no user"),
        ("ada\n", ":1: a line is `name:hash`"),
        ("ada:secret\n", ":1: ada: not a hash made by `radquarry password`"),
        ("{line}{line}", ":2: ada stands twice"),
    ],
)
def test_a_users_file_that_is_wrong_says_which_line(tmp_path: Path, line: str, text: str, complaint: str) -> None:
    file = tmp_path / "users"
    file.write_text(text.replace("{line}", line))

    with pytest.raises(ConfigurationError) as caught:
        Users(file)

    assert complaint in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Users(tmp_path / "none")


async def test_with_users_nobody_comes_in_without_a_password(tmp_path: Path, users_file: Path) -> None:
    async with a_gateway(tmp_path, api={"authentication": {"users_file": users_file}}) as gateway:
        for path in ("/api/v1/crawls", "/openapi.json", "/metrics", "/static/x", "/api/v1/none"):
            refused = await gateway.client.get(path)
            a_problem(refused, 401, "sign-in")
            assert refused.headers["www-authenticate"].startswith("Basic ")
        page = await gateway.client.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (401, "text/html; charset=utf-8")
        assert page.headers["www-authenticate"].startswith("Basic ")
        for path in ("/health/live", "/health/ready"):
            assert (await gateway.client.get(path)).status_code == 200
        for wrong in (("ada", "wrong"), ("eve", PASSWORD), ("", "")):
            a_problem(await gateway.client.get("/api/v1/crawls", auth=wrong), 401)
        for header in ("Basic", "Basic !!!", "Bearer x", "Basic " + base64.b64encode(b"no colon").decode()):
            a_problem(await gateway.client.get("/api/v1/crawls", headers={"Authorization": header}), 401)

        answer = await gateway.client.post("/api/v1/crawls", json=CRAWL, auth=("ada", PASSWORD))

        assert answer.status_code == 202
        (order,) = gateway.bus.orders(CrawlRequested)
        assert order.requested_by == "ada"
        assert gateway.bus.orders(CrawlRequested)[0].requested_by == "ada"


async def test_two_users_do_not_share_a_key(tmp_path: Path, line: str) -> None:
    file = tmp_path / "users"
    file.write_text(line + line.replace("ada", "bob"))
    async with a_gateway(tmp_path, api={"authentication": {"users_file": file}}) as gateway:
        key = {"Idempotency-Key": "k"}
        ids = {
            (await gateway.client.post("/api/v1/crawls", json=CRAWL, headers=key, auth=(name, PASSWORD))).json()["id"]
            for name in ("ada", "bob", "ada")
        }

    assert len(ids) == 2


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def test_a_verified_password_costs_no_second_derivation(users_file: Path) -> None:
    gate = Gate(Users(users_file))
    clock = asyncio.get_running_loop().time
    await gate.user(basic("ada", PASSWORD), "a")

    began = clock()
    for _ in range(200):
        assert await gate.user(basic("ada", PASSWORD), "a") == "ada"

    assert clock() - began < 0.5


async def test_wrong_attempts_get_slower_and_lock_nobody_out(users_file: Path) -> None:
    gate = Gate(Users(users_file))
    waits = []
    for _ in range(3):
        with pytest.raises(Problem, match="wrong"):
            await gate.user(basic("ada", "guess"), "attacker")
        waits.append(gate._line("attacker").seconds)

    assert waits == [0.25, 0.5, 1.0]
    assert gate._line("somewhere else").seconds == 0
    assert await gate.user(basic("ada", PASSWORD), "attacker") == "ada"
    assert gate._line("attacker").seconds == 0


async def test_many_attempts_at_once_are_refused(users_file: Path) -> None:
    gate = Gate(Users(users_file))

    attempts = [asyncio.create_task(gate.user(basic("ada", f"guess {n}"), "attacker")) for n in range(60)]
    done, waiting = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert "Too many attempts" in {str(each.exception()).partition(" at once")[0] for each in done}


async def test_a_changed_users_file_counts_at_once_and_a_broken_one_changes_nothing(
    tmp_path: Path, users_file: Path, line: str
) -> None:
    users = Users(users_file)

    def after(text: str) -> list[bool]:
        fresh = tmp_path / "fresh"
        fresh.write_text(text)
        fresh.replace(users_file)
        users._looked = 0.0
        return [users.hash_of(name) is not None for name in ("ada", "bob")]

    assert after(line.replace("ada", "bob")) == [False, True]
    assert after("nonsense") == [False, True]
    users_file.unlink()
    users._looked = 0.0
    assert users.hash_of("bob")
    assert after(line) == [True, False]


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
