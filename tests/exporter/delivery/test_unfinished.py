"""What turns that died have left at a destination goes with their delivery, and nothing else does."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from radquarry.configuration.sections import Destination
from radquarry.messages import CancelDelivery
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.rig import desk, progressed
from tests.journeys.running import eventually


def there(folder: Path, *, packed: bool) -> dict[str, Destination]:
    return {"out": Destination(kind="directory", path=folder / "out", zip=packed)}


def left(folder: Path, delivery_id: UUID) -> Path:
    """What a turn has left that was killed."""
    half = folder / "out" / f".delivery-{delivery_id}.{uuid4()}.new"
    half.mkdir(parents=True)
    (half / "0").write_bytes(b"half of a file")
    return half


def others(folder: Path) -> list[Path]:
    """What is not ours, though it looks like it."""
    foreign = left(folder, uuid4())
    (folder / "out" / ".delivery-notes.x.new").write_text("somebody's")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "kept").write_text("kept")
    return [foreign / "0", folder / "out" / ".delivery-notes.x.new", folder / "elsewhere" / "kept"]


@pytest.mark.parametrize("packed", [False, True])
async def test_a_cancelled_delivery_leaves_nothing_half_behind(tmp_path: Path, *, packed: bool) -> None:
    study, more = archived(tmp_path, 1), archived(tmp_path, 2)
    foreign = others(tmp_path)
    async with desk(tmp_path, there(tmp_path, packed=packed)) as it:
        await it.say(progressed(it.retrieval_id, study))
        delivery_id = await it.order(studies=(study.uid, more.uid))
        half = left(tmp_path, delivery_id)
        link = tmp_path / "out" / f".delivery-{delivery_id}.x.new"
        link.symlink_to(tmp_path / "elsewhere")
        await it.say(CancelDelivery(delivery_id=delivery_id))
        end = await it.heard.end(delivery_id)

    assert end.state == "cancelled"
    assert not half.exists()
    assert all(path.exists() for path in foreign)


async def test_what_stayed_as_the_destination_was_away_goes_at_the_next_start(tmp_path: Path) -> None:
    study = archived(tmp_path)
    foreign = others(tmp_path)
    async with desk(tmp_path, there(tmp_path, packed=False)) as it:
        await it.retrieved(study)
        delivery_id = await it.order()
        await it.heard.end(delivery_id)
        half = left(tmp_path, delivery_id)

    async with desk(tmp_path, there(tmp_path, packed=False)):
        await asyncio.to_thread(eventually, lambda: not half.exists() or None, 30, "it goes")

    assert all(path.exists() for path in foreign)
    assert len([*(tmp_path / "out").rglob("*.dcm")]) == 3
