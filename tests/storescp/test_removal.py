"""What was delivered leaves when it is told to; what is stored at the same moment never does."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from radquarry.dicom.uids import NotAUid
from radquarry.messages import ArchivedInstance, InstancesRemoved, Message, RemoveInstances, StoredInstance
from radquarry.stamps import stored_at
from radquarry.storescp.archive import Archive, Kept
from radquarry.storescp.removal import remove_instances
from tests.storescp.samples import arrival, instance, store

PLACE = "archive/1.2.3/1.2.3.1/1.2.3.1.1.dcm"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path, 0)
    yield archive
    archive.close()


def announced(archive: Archive, number: int = 1, **values: object) -> StoredInstance:
    """An instance in the archive that everybody knows of."""
    kept = store(archive, arrival(instance(number, **values)))
    kept.marker.unlink()
    return kept.instance


def to_remove(stored: StoredInstance, **changes: object) -> ArchivedInstance:
    """As a removal names it."""
    fields = {name: getattr(stored, name) for name in ArchivedInstance.model_fields}
    return ArchivedInstance(**{**fields, **changes})


async def removed(archive: Archive, *instances: ArchivedInstance) -> list[str]:
    """What was said to have left, by SOP Instance UID."""
    said: list[Message] = []

    async def publish(*messages: Message) -> None:
        said.extend(messages)

    order = RemoveInstances(removal_id=uuid4(), instances=instances)
    await remove_instances(order, archive=archive, publish=publish)
    (answer,) = said
    assert isinstance(answer, InstancesRemoved)
    assert (answer.removal_id, answer.cause) == (order.removal_id, order.id)
    assert isinstance(answer.removal_id, UUID)
    return [one.sop_instance_uid for one in answer.instances]


async def test_a_file_leaves_with_the_folders_that_it_leaves_empty(archive: Archive, tmp_path: Path) -> None:
    first, second = announced(archive, 1), announced(archive, 2)

    assert await removed(archive, to_remove(first)) == ["1.2.3.1.1"]
    assert [file.name for file in tmp_path.glob("archive/*/*/*")] == ["1.2.3.1.2.dcm"]

    assert await removed(archive, to_remove(second)) == ["1.2.3.1.2"]
    assert list((tmp_path / "archive").iterdir()) == []


async def test_what_is_not_here_is_said_to_have_left(archive: Archive) -> None:
    stored = announced(archive)

    assert await removed(archive, to_remove(stored)) == ["1.2.3.1.1"]
    assert await removed(archive, to_remove(stored)) == ["1.2.3.1.1"]


async def test_a_file_leaves_that_the_ledger_knows_in_another_series(archive: Archive, tmp_path: Path) -> None:
    stored = announced(archive)

    assert await removed(archive, to_remove(stored, series_instance_uid="1.2.3.9")) == ["1.2.3.1.1"]

    assert list((tmp_path / "archive").iterdir()) == []


async def test_what_was_stored_again_later_stays(archive: Archive, tmp_path: Path) -> None:
    first = announced(archive)
    again = announced(archive)

    assert again.stored_at > first.stored_at
    assert await removed(archive, to_remove(first)) == []
    assert (tmp_path / PLACE).exists()
    assert await removed(archive, to_remove(again)) == ["1.2.3.1.1"]


async def test_what_is_still_to_be_announced_stays(archive: Archive, tmp_path: Path) -> None:
    kept = store(archive, arrival(instance()))

    assert await removed(archive, to_remove(kept.instance)) == []
    kept.marker.unlink()
    assert await removed(archive, to_remove(kept.instance)) == ["1.2.3.1.1"]
    assert not (tmp_path / PLACE).exists()


async def test_a_file_from_the_future_stays(archive: Archive, tmp_path: Path) -> None:
    stored = announced(archive)
    later = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    os.utime(tmp_path / PLACE, (later, later))

    assert await removed(archive, to_remove(stored, stored_at=datetime.now(UTC) + timedelta(hours=2))) == []
    assert (tmp_path / PLACE).exists()


def test_the_file_says_the_moment_that_is_announced_and_so_does_its_marker_after_a_restart(
    archive: Archive, tmp_path: Path
) -> None:
    for _ in range(2):
        kept = store(archive, arrival(instance()))

        assert stored_at((tmp_path / PLACE).stat()) == kept.instance.stored_at
        assert archive.recovered(kept.marker) == Kept(kept.instance, kept.marker)
        kept.marker.unlink()


@pytest.mark.parametrize("field", ["study_instance_uid", "series_instance_uid", "sop_instance_uid"])
@pytest.mark.parametrize("value", ["../1.2.3", "1.2.3/../../x", "", ".", "1" * 65])
async def test_what_is_no_uid_becomes_no_path_and_nothing_of_that_order_is_touched(
    archive: Archive, tmp_path: Path, field: str, value: str
) -> None:
    stored = announced(archive)

    with pytest.raises(NotAUid):
        await removed(archive, to_remove(stored), to_remove(stored, **{field: value}))

    assert (tmp_path / PLACE).exists()


async def test_a_folder_that_cannot_be_written_keeps_its_files_and_says_so(archive: Archive, tmp_path: Path) -> None:
    stored = announced(archive)
    (tmp_path / PLACE).unlink()
    (tmp_path / PLACE).mkdir()

    assert await removed(archive, to_remove(stored)) == []


async def test_who_removes_and_who_stores_again_wait_for_each_other(archive: Archive, tmp_path: Path) -> None:
    stored = announced(archive)
    with ThreadPoolExecutor(2) as threads:
        with archive.locks.of("1.2.3"):
            again = threads.submit(store, archive, arrival(instance()))
            away = threads.submit(asyncio.run, removed(archive, to_remove(stored)))
            assert wait([again, away], timeout=0.3).done == set()
        kept, gone = again.result(20), away.result(20)

    assert kept.instance.stored_at > stored.stored_at
    assert gone in ([], ["1.2.3.1.1"])
    assert (tmp_path / PLACE).exists()


async def test_what_is_not_here_is_stored_without_waiting(archive: Archive) -> None:
    with archive.locks.of("1.2.3"):
        assert await asyncio.to_thread(store, archive, arrival(instance()))
