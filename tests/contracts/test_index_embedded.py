"""What holds for the embedded index alone: one writer, readers beside it, kills, and pages by relevance."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from radquarry.errors import PeerAway
from radquarry.index import cursors, embedded_entry
from radquarry.index.document import Document, Query
from radquarry.index.embedded import TantivyIndex
from radquarry.index.opening import open_index
from radquarry.index.port import QueryRefused
from radquarry.index.snapshots import Snapshots
from tests.contracts.indexes import gone, report, study, uid

ROOT = Path(__file__).parents[2]


@contextmanager
def merging_process(folder: Path, first: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.contracts.index_process", str(folder), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def merged_until(process: subprocess.Popen[str], batches: int) -> int:
    """Kill the process in the middle of its work after so many batches; the last number it said to be merged."""
    assert process.stdout is not None
    for _ in range(batches):
        process.stdout.readline()
    process.kill()
    rest = process.stdout.read().split()
    process.wait()
    return len(rest)


async def test_what_was_merged_survives_kills_at_any_moment(tmp_path: Path) -> None:
    known = 0
    for batches in (1, 3, 7):
        with merging_process(tmp_path, known) as process:
            known += 5 * (batches + merged_until(process, batches))

        async with TantivyIndex.open(tmp_path) as index:
            held = [await index.get(uid(number)) for number in range(known)]
            count = await index.count()

        assert all(document and document.study and document.report for document in held)
        assert count in (known, known + 5)
        known = count


async def test_a_second_writer_is_told_why_it_may_not(tmp_path: Path) -> None:
    async with TantivyIndex.open(tmp_path):
        with pytest.raises(PeerAway, match="another process writes to it"):
            async with TantivyIndex.open(tmp_path):
                pass

    async with TantivyIndex.open(tmp_path) as index:
        await index.merge([study(1)])


async def test_a_reader_beside_the_writer_sees_what_is_merged(tmp_path: Path) -> None:
    url = f"tantivy:///{tmp_path}"
    async with open_index(url) as writer, open_index(url, read_only=True) as reader:
        assert await reader.count() == 0

        await writer.merge([study(1), report(1)])

        assert (await reader.search(Query(q="pneumothorax"))).total == 1
        with pytest.raises(PeerAway, match="another process writes"):
            await reader.merge([study(2)])


async def test_a_reader_of_nothing_is_told_what_makes_an_index(tmp_path: Path) -> None:
    with pytest.raises(PeerAway, match="radquarry serve"):
        async with TantivyIndex.open(tmp_path, read_only=True):
            pass


async def test_a_document_stored_before_studies_could_be_gone_is_read_and_may_go(tmp_path: Path) -> None:
    before = Document(study_instance_uid=uid(1)).merged(study(1))
    stored = before.model_dump_json(exclude={"gone", "gone_at"}).encode()

    assert embedded_entry.document_of(stored) == before
    assert embedded_entry.document_of(stored).merged(gone(1, later=1)).gone_at is not None


async def test_a_damaged_index_is_named(tmp_path: Path) -> None:
    async with TantivyIndex.open(tmp_path) as index:
        await index.merge([study(1)])
    (tmp_path / "studies-1" / "meta.json").write_text("{")

    with pytest.raises(PeerAway, match="cannot be opened"):
        async with TantivyIndex.open(tmp_path):
            pass


async def test_pages_by_relevance_go_on_when_their_state_is_gone(tmp_path: Path) -> None:
    async with TantivyIndex.open(tmp_path) as index:
        await index.merge([report(n) for n in range(30)])
        first = await index.search(Query(q="pneumothorax", limit=10))
        for number in range(40):
            await index.merge([report(100 + number, "Pneumothorax")])
            await index.search(Query(q="pneumothorax", limit=10))

        second = await index.search(Query(q="pneumothorax", limit=10, after=first.after))

    assert len(second.hits) == 10


async def test_a_forged_place_is_refused(tmp_path: Path) -> None:

    async with TantivyIndex.open(tmp_path) as index:
        await index.merge([report(n) for n in range(30)])
        for q, place in (("pneumothorax", {"offset": 10**15}), ("pneumothorax", {"offset": "1"}), ("", {"last": -5})):
            query = Query(q=q)
            with pytest.raises(QueryRefused, match="after"):
                await index.search(query.model_copy(update={"after": cursors.written(query, place)}))


def test_snapshots_go_when_they_are_old_or_too_many() -> None:
    kept: Snapshots[object] = Snapshots(most=2)
    states = [object(), object(), object()]

    keys = [kept.keep(state) for state in states]

    assert [kept.get(key) for key in keys] == [None, states[1], states[2]]
    assert kept.keep(states[2]) == keys[2]
    assert Snapshots[object](seconds=-1).get(keys[0]) is None
