"""Who is behind a pseudonym: two people agreed to ask, the answer is a file that is fetched once, and no message."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from radquarry.bus.port import Publish
from radquarry.exporter.delivery.ledger import portions
from radquarry.exporter.pseudonyms.mapping_file import ACCESSION_NUMBER, PATIENT_ID
from radquarry.exporter.tables import pseudonyms
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from radquarry.second_person import is_second_person
from radquarry.state.store import State

KEYWORDS = {
    PATIENT_ID: "PatientID",
    ACCESSION_NUMBER: "AccessionNumber",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
    "sop_instance_uid": "SOPInstanceUID",
}
"""Of the kinds in a mapping; by how many days dates were moved is nobody's pseudonym."""
ONE_PERSON = "this needs two people"
NOT_KEPT = "no mapping was kept of this delivery in this project: it was ordered without one"

log = structlog.get_logger(__name__)


class Resolving:
    """`{folder}/{reidentification_id}.json` is the answer, readable for the parts of radquarry alone."""

    def __init__(self, state: State, folder: Path) -> None:
        self._state = state
        self._folder = folder

    async def answer(self, order: ResolvePseudonyms, publish: Publish) -> None:
        """Asked twice, it is the same; what stands in the way is the answer, too. Raises `PeerAway`."""
        is_kept = await self._is_kept(order)
        are_two = is_second_person(order.requested_by, order.approved_by)
        problem = ("" if is_kept else NOT_KEPT) if are_two else ONE_PERSON
        rows = [] if problem else await self._rows(order)
        if not problem:
            problem = await asyncio.to_thread(self._written, order.reidentification_id, rows)
        rows = [] if problem else rows
        found = len({row["pseudonym"] for row in rows})
        unknown = 0 if problem else len(set(order.pseudonyms)) - found
        about = {"reidentification_id": str(order.reidentification_id), "found": found, "problem": problem}
        log.info("a question for pseudonyms was answered", **about)
        await publish(
            PseudonymsResolved.after(
                order,
                reidentification_id=order.reidentification_id,
                delivery_id=order.delivery_id,
                found=found,
                unknown=unknown,
                problem=problem,
            )
        )

    async def _is_kept(self, order: ResolvePseudonyms) -> bool:
        async with self._state.reading() as connection:
            return (await connection.execute(_of(order).limit(1))).first() is not None

    async def _rows(self, order: ResolvePseudonyms) -> list[dict[str, str]]:
        found = []
        for some in portions(tuple(dict.fromkeys(order.pseudonyms))):
            query = _of(order).where(pseudonyms.c.pseudonym.in_(some), pseudonyms.c.kind.in_(KEYWORDS))
            async with self._state.reading() as connection:
                for row in (await connection.execute(query)).all():
                    what = KEYWORDS[row.kind]
                    found.append({"pseudonym": row.pseudonym, "what": what, "original": row.original})
        return found

    def _written(self, reidentification_id: UUID, rows: Sequence[dict[str, str]]) -> str:
        """Empty, or why it could not be."""
        file = self._folder / f"{reidentification_id}.json"
        beside = file.with_name(f".{file.name}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.unlink(missing_ok=True)
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as output:
                json.dump({"originals": list(rows)}, output, ensure_ascii=False)
                output.flush()
                os.fsync(output.fileno())
            beside.replace(file)
        except OSError as error:
            return f"the answer cannot be written: {error.strerror}"
        return ""


def _of(order: ResolvePseudonyms) -> Any:
    one = (pseudonyms.c.delivery_id == str(order.delivery_id)) & (pseudonyms.c.project == order.project)
    return select(pseudonyms).where(one)
