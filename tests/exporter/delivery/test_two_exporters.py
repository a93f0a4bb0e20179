"""Two exporters that share a folder close each delivery once."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import uuid4

from radquarry.configuration.sections import Destination
from radquarry.exporter.delivery.one_closer import one_closer
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.rig import desk
from tests.exporter.delivery.test_reports import document


async def test_each_delivery_ends_once_and_whole(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, exporters=2, documents=[document(study.uid)]) as it:
        await it.retrieved(study)
        orders = [await it.order(reports=True) for _ in range(12)]
        ends = await asyncio.gather(*(it.heard.end(delivery_id) for delivery_id in orders))

    assert {(end.state, end.problem) for end in ends} == {("complete", "")}
    assert set(Counter(end.delivery_id for end in it.heard.completed).values()) == {1}
    assert [*(tmp_path / "exporter" / "locks").glob("*")] == []


async def test_who_comes_second_does_not_close(tmp_path: Path) -> None:
    delivery_id = uuid4()
    with one_closer(tmp_path, delivery_id) as first, one_closer(tmp_path, delivery_id) as second:
        assert (first, second) == (True, False)
    with one_closer(tmp_path, delivery_id) as third:
        assert third
