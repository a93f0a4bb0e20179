"""Whatever comes instead of DICOM: the connection ends, nothing else does, and nothing is left behind."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radquarry.storescp.commands import read_command
from radquarry.storescp.connection import Connection, Gone
from radquarry.storescp.limits import Limits
from radquarry.storescp.negotiation import read_request
from radquarry.storescp.pdus import Violation, fragments_of
from tests.storescp.limited import desk
from tests.storescp.process import eventually
from tests.storescp.receiving import ListeningBus, half_received, listening
from tests.storescp.speaking import (
    Speaker,
    association_request,
    fragment,
    long_instance,
    pdu,
    store_command,
    uid_elements,
)

SEED = 20260101
SHORT = Limits(idle=0.3, negotiation=0.3, message=0.6, drain=0.3, linger=0.3)
ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, ABORT = 2, 3, 4, 7
NOBODY = 0


def conversation(uid: str) -> bytes:
    """Everything a well-behaved sender says."""
    command = pdu(4, fragment(3, 3, store_command(uid)))
    data = b"".join(long_instance(uid, 500))
    return association_request() + command + pdu(4, fragment(3, 2, data)) + pdu(5, bytes(4))


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut, doubled, or something else entirely."""
    kind = chance.randrange(5)
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 400))
    if kind == 1:
        return whole[: chance.randrange(1, len(whole))]
    if kind == 2:
        begin = chance.randrange(len(whole))
        return whole[:begin] + whole[chance.randrange(len(whole)) :]
    changed = bytearray(whole)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def attack(port: int, data: bytes) -> None:
    """Say it all, and read until the other side ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass


def descriptors() -> int:
    """How many are open, but those of the files that storescp makes ahead when it comes to it."""
    process = psutil.Process()
    return process.num_fds() - sum(file.path.endswith(".part") for file in process.open_files())


async def attacked(folder: Path, times: int) -> None:
    """Attack so often, and look whether anything is left or broken."""
    chance, bus = random.Random(SEED), ListeningBus()
    async with listening(folder, bus) as port:

        def polite() -> int:
            with Speaker(port) as speaker:
                assert speaker.associate() == ASSOCIATE_AC
                return speaker.store("1.2.3.1.1", long_instance("1.2.3.1.1", 500))

        def attack_all() -> None:
            for number in range(times):
                attack(port, damaged(conversation(f"1.2.3.1.{number}"), chance))

        assert await asyncio.to_thread(polite) == 0x0000
        before = descriptors()
        await asyncio.to_thread(attack_all)
        assert await asyncio.to_thread(polite) == 0x0000
        await asyncio.to_thread(eventually, lambda: descriptors() <= before)

    places = [file.relative_to(folder / "archive") for file in (folder / "archive").rglob("*") if file.is_file()]
    assert places
    assert all(len(place.parts) == 3 for place in places)
    assert {entry.name for entry in folder.iterdir()} == {"archive", "storescp"}
    assert {entry.name for entry in (folder / "storescp").iterdir()} == {
        "incoming",
        "locks",
        "quarantine",
        "unannounced",
    }
    assert list((folder / "storescp" / "incoming").iterdir()) == []


async def test_damaged_conversations_harm_nobody(tmp_path: Path) -> None:
    await attacked(tmp_path, 300)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_damaged_conversations_harm_nobody(tmp_path: Path) -> None:
    await attacked(tmp_path, 10_000)


@given(st.binary(max_size=300) | st.builds(lambda tail: association_request()[6:] + tail, st.binary(max_size=40)))
@settings(max_examples=300, deadline=None)
def test_any_association_request_is_read_or_refused(body: bytes) -> None:
    with suppress(Violation):
        assert len(read_request(memoryview(body)).contexts) <= 128


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_association_request_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(association_request()[6:])
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Violation):
        assert all(context.context_id % 2 for context in read_request(memoryview(whole)).contexts)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_fragments_are_taken_apart_without_losing_a_byte_or_refused(body: bytes) -> None:
    with suppress(Violation):
        found = list(fragments_of(memoryview(body)))
        assert b"".join(fragment(number, control, bytes(value)) for number, control, value in found) == body


@given(st.binary(max_size=200) | st.builds(lambda tail: store_command("1.2") + tail, st.binary(max_size=20)))
@settings(max_examples=300, deadline=None)
def test_any_command_set_is_read_or_refused(command_set: bytes) -> None:
    with suppress(Violation):
        assert 0 <= read_command(command_set).field <= 0xFFFF


@given(st.lists(st.binary(min_size=0, max_size=900), max_size=8), st.integers(1, 700))
@settings(max_examples=60, deadline=None)
def test_pdus_arrive_whole_however_they_were_cut(bodies: list[bytes], piece: int) -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(ours, Limits(pdu=1000, linger=0.01))
    connection.allow(5, 5)
    stream = b"".join(pdu(4, body) for body in bodies)
    with theirs:
        for begin in range(0, len(stream), piece):
            theirs.sendall(stream[begin : begin + piece])
        for body in bodies:
            kind, found = connection.pdu()
            assert (kind, bytes(found)) == (4, body)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(Gone, match="closed by the peer"):
            connection.pdu()
        connection.close()


COMMAND = pdu(4, fragment(3, 3, store_command("1.2.3.1.1")))
VIOLATIONS: dict[str, bytes] = {
    "an A-ASSOCIATE-RQ within an association": association_request(),
    "a PDU of unknown type": pdu(9, bytes(4)),
    "a context that was not agreed": pdu(4, fragment(77, 3, store_command("1.2"))),
    "a data set without a command": pdu(4, fragment(3, 2, b"data")),
    "a command within a data set": COMMAND + pdu(4, fragment(3, 0, b"x")) + COMMAND,
    "a command set that is none": pdu(4, fragment(3, 3, b"nonsense")),
    "an endless command set": pdu(4, fragment(3, 1, bytes(60_000))) * 2,
    "a value longer than its PDU": pdu(4, struct.pack(">LBB", 5000, 3, 3) + b"short"),
    "a PDU longer than the limit": struct.pack(">BxL", 4, 0xFFFFFFFF),
}


@pytest.mark.parametrize("said", VIOLATIONS.values(), ids=VIOLATIONS)
def test_who_breaks_the_protocol_is_aborted_and_leaves_nothing(tmp_path: Path, said: bytes) -> None:
    with desk(tmp_path) as open_desk, open_desk.speaker() as speaker:
        assert speaker.associate() == ASSOCIATE_AC
        speaker.socket.sendall(said)

        assert speaker.heard()[0] == ABORT
        assert speaker.heard()[0] == NOBODY
        assert half_received(tmp_path) == []


WAITS: dict[str, Callable[[Speaker], object]] = {
    "who says nothing at all": lambda _: None,
    "who stops within an A-ASSOCIATE-RQ": lambda speaker: speaker.socket.sendall(association_request()[:50]),
    "who is silent in an association": lambda speaker: speaker.associate(),
    "who stops within a data set": lambda speaker: (speaker.associate(), speaker.begin("1.2.3.1.1")),
}


@pytest.mark.parametrize("say", WAITS.values(), ids=WAITS)
def test_silence_ends_by_itself(tmp_path: Path, say: Callable[[Speaker], object]) -> None:
    with desk(tmp_path, SHORT) as open_desk, open_desk.speaker() as speaker:
        say(speaker)

        assert speaker.heard()[0] == NOBODY
        eventually(lambda: open_desk.threads.count == 0)
        assert half_received(tmp_path) == []


def test_who_drips_has_a_limit_for_the_whole_message(tmp_path: Path) -> None:
    limits = Limits(idle=5, message=0.5, linger=0.3)
    with desk(tmp_path, limits) as open_desk, open_desk.speaker() as speaker:
        assert speaker.associate() == ASSOCIATE_AC
        speaker.begin("1.2.3.1.1")
        speaker.socket.settimeout(0.1)
        begin = uid_elements("1.2.3.1.1")
        ended = False
        for place in range(200):
            with suppress(TimeoutError, ConnectionError):
                speaker.socket.sendall(pdu(4, fragment(3, 0, begin[place % len(begin) :][:1])))
                ended = speaker.socket.recv(1) == b""
            if ended or open_desk.threads.count == 0:
                break

        assert place < 100
        eventually(lambda: open_desk.threads.count == 0)


def test_a_sender_that_is_gone_within_a_data_set_leaves_nothing(tmp_path: Path) -> None:
    with desk(tmp_path) as open_desk:
        with open_desk.speaker() as speaker:
            speaker.associate()
            speaker.begin("1.2.3.1.1")
            speaker.socket.sendall(pdu(4, fragment(3, 0, uid_elements("1.2.3.1.1"))))
        eventually(lambda: open_desk.threads.count == 0)

        assert open_desk.kept == []
        assert half_received(tmp_path) == []
        assert list(tmp_path.glob("storescp/quarantine/*")) == []
