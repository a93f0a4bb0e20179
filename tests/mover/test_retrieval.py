from pathlib import Path

from tests.mover.retrieving import small_hospital, ward


async def test_what_is_ordered_lies_in_the_archive_and_is_complete(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        wanted = it.uids[:4]

        end = await it.heard.end(await it.order(*wanted))

        assert (end.state, end.expected, end.received) == ("complete", *[len(it.instances(*wanted))] * 2)
        assert it.files() == sorted(it.instances(*wanted))
