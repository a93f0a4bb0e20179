"""Who may come in: users, their passwords, and what guessing them costs."""

import asyncio
import base64
from pathlib import Path

import pytest

from radquarry.api.__main__ import guard_of
from radquarry.api.passwords import hashed, matches, read
from radquarry.api.problems import Problem
from radquarry.api.security.gate import Gate
from radquarry.api.security.users import Users
from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Api
from radquarry.messages import CrawlRequested
from tests.api.gateway import CRAWL, a_gateway, a_problem

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
