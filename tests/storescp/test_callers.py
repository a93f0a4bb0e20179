"""Who may store: a title and the address it comes from, together."""

import asyncio
from pathlib import Path

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from radquarry.configuration.sections import Node, Pacs
from radquarry.storescp.callers import Callers
from tests.mover.retrieving import free_port
from tests.storescp.receiving import ListeningBus, listening
from tests.storescp.speaking import Speaker, association_request, pdu

PACS = Pacs(ae_title="PACS", host="10.1.2.3", port=104)
FROM_ELSEWHERE = "this calling AE title is known, but not from this address"


@pytest.mark.parametrize(
    ("allowed", "title", "address", "refusal"),
    [
        ("", "PACS", "10.1.2.3", ""),
        ("", "PACS", "::ffff:10.1.2.3", ""),
        ("", "PACS", "10.1.2.4", FROM_ELSEWHERE),
        ("PACS", "PACS", "10.1.2.4", ""),
        ("PACS@10.1.0.0/16", "PACS", "10.1.2.4", ""),
        ("PACS@10.1.0.0/16", "PACS", "10.2.2.4", FROM_ELSEWHERE),
        ("CT 1@fe80::1", "CT 1", "fe80::1%eth0", ""),
        ("CT1@localhost", "CT1", "127.0.0.1", ""),
        ("CT1@localhost", "CT1", "10.1.2.3", FROM_ELSEWHERE),
        ("CT1@nobody.invalid", "CT1", "10.1.2.3", FROM_ELSEWHERE),
        ("", "RADQUARRY", "127.0.0.1", ""),
        ("", "RADQUARRY", "10.1.2.3", FROM_ELSEWHERE),
        ("*@10.1.0.0/16", "CT2", "10.1.2.3", ""),
        ("*@10.1.0.0/16", "PACS", "10.1.2.4", ""),
        ("*@10.1.0.0/16", "CT2", "10.2.2.3", "unknown calling AE title"),
        ("CT1", "CT2", "10.1.2.3", "unknown calling AE title"),
        ("CT1", "", "10.1.2.3", "unknown calling AE title"),
    ],
)
def test_a_caller_is_a_title_at_an_address(allowed: str, title: str, address: str, refusal: str) -> None:
    callers = Callers(Node(allowed_callers=(allowed,) if allowed else ()), [PACS])

    assert callers.refusal(title, address) == refusal


@pytest.mark.parametrize("wrong", ["", "@10.1.2.3", "SEVENTEEN_LETTERS", "CT1@", "CT1@a b", "CT\\1"])
def test_what_is_no_caller_is_refused_in_the_configuration(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Node(allowed_callers=(wrong,))


async def test_a_pacs_that_calls_from_elsewhere_is_rejected_with_a_reason_to_read(tmp_path: Path) -> None:
    elsewhere = Pacs(ae_title="PACS", host="192.0.2.1", port=104)

    def call(port: int) -> int:
        with Speaker(port) as speaker:
            return speaker.associate("PACS")

    with capture_logs() as logs:
        async with listening(tmp_path, ListeningBus(), pacs={"main": elsewhere}) as port:
            assert await asyncio.to_thread(call, port) == 3

    (refused,) = [entry for entry in logs if entry["event"] == "association refused"]
    assert (refused["calling_ae_title"], refused["address"], refused["reason"]) == ("PACS", "127.0.0.1", FROM_ELSEWHERE)


async def test_a_rejection_says_what_is_wrong_in_the_standards_numbers(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus()) as port:

        def call() -> tuple[int, bytes]:
            with Speaker(port) as speaker:
                speaker.socket.sendall(association_request("STRANGER"))
                return speaker.heard()

        assert await asyncio.to_thread(call) == (3, bytes((0, 1, 1, 3)))


async def test_one_association_too_many_is_refused_for_now_and_taken_later(tmp_path: Path) -> None:
    node = Node(host="127.0.0.1", port=free_port(), allowed_callers=("SENDER",), associations=2)
    async with listening(tmp_path, ListeningBus(), node=node):

        def call() -> tuple[int, bytes]:
            with Speaker(node.port) as speaker:
                speaker.socket.sendall(association_request("SENDER"))
                return speaker.heard()

        def crowd() -> tuple[int, bytes]:
            with Speaker(node.port) as first, Speaker(node.port) as second:
                assert [first.associate(), second.associate()] == [2, 2]
                return call()

        def later() -> int:
            for _ in range(200):
                kind, _ = call()
                if kind == 2:
                    break
            return kind

        assert await asyncio.to_thread(crowd) == (3, bytes((0, 2, 3, 2)))
        assert await asyncio.to_thread(later) == 2


async def test_another_protocol_version_is_rejected(tmp_path: Path) -> None:
    async with listening(tmp_path, ListeningBus()) as port:

        def call() -> tuple[int, bytes]:
            with Speaker(port) as speaker:
                speaker.socket.sendall(pdu(1, b"\0\2" + association_request("SENDER")[8:]))
                return speaker.heard()

        assert await asyncio.to_thread(call) == (3, bytes((0, 1, 2, 2)))
