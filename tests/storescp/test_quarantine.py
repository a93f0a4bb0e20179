"""What is not valid DICOM is kept with its reason, apart from the archive, and not for long."""

import json
import os
import time
from pathlib import Path

import pytest

from radquarry.storescp import quarantine as bounds
from radquarry.storescp.archive import Archive
from radquarry.storescp.quarantine import Quarantine
from tests.storescp.limited import desk
from tests.storescp.samples import arrival, encoded, instance
from tests.storescp.speaking import fragment, pdu, store_command


def refused(folder: Path, data: bytes, sop_instance_uid: str = "1.2.3.1.1") -> tuple[bytes, dict[str, str]]:
    """What lies in the quarantine after somebody sent this."""
    with desk(folder) as open_desk, open_desk.speaker() as speaker:
        speaker.associate()
        assert speaker.store(sop_instance_uid, [data]) == 0xC000
        assert speaker.release() == 6
    (taken,) = folder.glob("storescp/quarantine/*.bin")
    return taken.read_bytes(), json.loads(taken.with_suffix(".json").read_text())


def test_an_object_without_uids_is_kept_as_it_came_with_its_reason(tmp_path: Path) -> None:
    data_set = instance(PatientID="4711")
    del data_set.StudyInstanceUID
    content, facts = refused(tmp_path, encoded(data_set))

    assert content.endswith(encoded(data_set))
    assert facts["reason"] == "StudyInstanceUID is not a UID (0 characters)"
    assert (facts["calling_ae_title"], facts["sop_instance_uid"]) == ("SENDER", "1.2.3.1.1")
    assert "4711" not in json.dumps(facts)
    assert [file for file in tmp_path.glob("archive/**/*") if file.is_file()] == []


def test_what_is_no_data_set_at_all_is_kept_too(tmp_path: Path) -> None:
    content, facts = refused(tmp_path, b"no data set", "no-uid")

    assert content == b"no data set"
    assert facts["reason"] == "the SOP instance is not a UID"
    assert "sop_instance_uid" not in facts


def test_the_next_instance_of_the_association_is_taken(tmp_path: Path) -> None:
    with desk(tmp_path) as open_desk, open_desk.speaker() as speaker:
        speaker.associate()

        assert speaker.store("1.2.3.1.1", [b"nonsense"]) == 0xC000
        assert speaker.store("1.2.3.1.1", [encoded(instance())]) == 0x0000
        assert [kept.instance.sop_instance_uid for kept in open_desk.kept] == ["1.2.3.1.1"]


def test_a_request_without_a_data_set_is_refused(tmp_path: Path) -> None:
    without = store_command("1.2.3.1.1").replace(b"\0\x08\2\0\0\0\0\0", b"\0\x08\2\0\0\0\1\1")
    with desk(tmp_path) as open_desk, open_desk.speaker() as speaker:
        speaker.associate()
        speaker.socket.sendall(pdu(4, fragment(3, 3, without)))

        assert speaker.status() == 0xC000


def test_the_oldest_leave_when_there_are_too_many(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, keep_days=30)
    for number in range(bounds.MOST_OBJECTS + 5):
        (quarantine.folder / f"{number}.bin").touch()
        os.utime(quarantine.folder / f"{number}.bin", (time.time(), time.time() - 1000 + number / 10))
    quarantine.prune()

    left = {int(file.stem) for file in quarantine.folder.iterdir()}
    assert left == set(range(5, bounds.MOST_OBJECTS + 5))


def test_the_oldest_leave_when_they_are_too_large(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, keep_days=30)
    for number in range(3):
        with (quarantine.folder / f"{number}.bin").open("wb") as sparse:
            sparse.truncate(bounds.MOST_BYTES // 2)
        os.utime(quarantine.folder / f"{number}.bin", (time.time(), time.time() - 10 + number))
    quarantine.prune()

    assert {file.stem for file in quarantine.folder.iterdir()} == {"1", "2"}


@pytest.mark.parametrize(("days", "is_left"), [(29, True), (31, False)])
def test_identified_objects_leave_with_the_archives_days(tmp_path: Path, days: int, is_left: bool) -> None:
    quarantine = Quarantine(tmp_path, keep_days=30)
    old = quarantine.folder / "1.bin"
    old.touch()
    os.utime(old, (time.time(), time.time() - days * 86_400))

    Quarantine(tmp_path, keep_days=30)

    assert old.exists() is is_left


def test_a_marker_that_a_power_cut_left_half_written_is_no_instance(tmp_path: Path) -> None:
    archive, quarantine = Archive(tmp_path, 0), Quarantine(tmp_path, keep_days=30)
    whole = encoded(instance(ImageComments="x" * 100))
    receipt = archive.begin(arrival(instance()).announced)
    receipt.write(memoryview(whole))
    kept = archive.keep(receipt)
    receipt.discard()
    archive.place_of(kept).unlink()
    with kept.marker.open("r+b") as torn:
        torn.truncate(kept.instance.bytes - 10)

    with pytest.raises(Exception, match="not been written to its end"):
        archive.recovered(kept.marker)
    quarantine.take_marker(kept.marker, "why")
    archive.close()

    assert list(archive.unannounced.iterdir()) == []
    assert list(tmp_path.glob("archive/**/*.dcm")) == []
    assert len(list(quarantine.folder.glob("*.bin"))) == 1
