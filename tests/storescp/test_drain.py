"""The end of a process: what is in work is answered, and who waits is told at once."""

import threading
from pathlib import Path

from radquarry.storescp.limits import Limits
from tests.storescp.limited import desk
from tests.storescp.receiving import half_received
from tests.storescp.samples import encoded, instance
from tests.storescp.speaking import fragment, pdu

ABORT, NOBODY = 7, 0


def stopping(stop: object) -> threading.Thread:
    """Call it in a thread of its own."""
    thread = threading.Thread(target=stop)  # type: ignore[arg-type]
    thread.start()
    return thread


def test_a_message_in_work_is_answered_before_its_association_ends(tmp_path: Path) -> None:
    data = encoded(instance())
    with desk(tmp_path) as open_desk, open_desk.speaker() as busy, open_desk.speaker() as idle:
        assert [busy.associate(), idle.associate()] == [2, 2]
        busy.begin("1.2.3.1.1")
        busy.socket.sendall(pdu(4, fragment(3, 0, data[:50])))
        while not half_received(tmp_path):
            pass
        thread = stopping(open_desk.threads.stop)

        assert idle.heard()[0] == ABORT
        idle.socket.close()
        busy.socket.sendall(pdu(4, fragment(3, 2, data[50:])))
        assert busy.status() == 0x0000
        assert busy.heard()[0] == ABORT
        assert busy.heard()[0] == NOBODY
        busy.socket.close()
        thread.join(20)
        assert not thread.is_alive()
        assert len(open_desk.kept) == 1


def test_a_message_that_does_not_end_is_cut(tmp_path: Path) -> None:
    limits = Limits(drain=0.3, linger=0.3)
    with desk(tmp_path, limits) as open_desk, open_desk.speaker() as endless:
        endless.associate()
        endless.begin("1.2.3.1.1")
        endless.socket.sendall(pdu(4, fragment(3, 0, encoded(instance()))))
        while not half_received(tmp_path):
            pass
        open_desk.threads.stop()

        assert open_desk.threads.count == 0
        assert open_desk.kept == []
        assert half_received(tmp_path) == []
