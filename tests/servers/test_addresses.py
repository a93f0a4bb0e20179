"""The promises of `addresses`: tests skip with the command that helps, and never share a destination."""

import socket

import pytest

from tests.servers.addresses import need, spare_destination


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("RADQUARRY_TEST_RABBIT_URL", f"amqp://127.0.0.1:{taken.getsockname()[1]}/")
        yield


def test_a_server_that_is_away_skips_the_test_and_names_the_command(
    nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RADQUARRY_TEST_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"rabbitmq does not answer at .*make services-up"):
        need("rabbitmq")


def test_where_all_servers_are_demanded_a_server_that_is_away_fails_the_test(
    nobody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RADQUARRY_TEST_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match="make services-up"):
        need("rabbitmq")


def test_two_tests_never_hold_the_same_spare_destination() -> None:
    with spare_destination() as one, spare_destination() as other:
        assert one != other
        assert one.port == 11200 + int(one.ae_title.removeprefix("RQTEST"))
