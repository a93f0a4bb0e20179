"""A process that merges studies and says which are merged, for the tests to kill: `… index_process FOLDER FIRST`."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from radquarry.index.embedded import TantivyIndex
from tests.contracts.indexes import report, study


async def merge_until_killed(folder: Path, first: int) -> None:
    async with TantivyIndex.open(folder) as index:
        for number in count(first, 5):
            await index.merge([part for n in range(number, number + 5) for part in (study(n), report(n))])
            print(number, flush=True)  # noqa: T201 - the parent reads it


asyncio.run(merge_until_killed(Path(sys.argv[1]), int(sys.argv[2])))
