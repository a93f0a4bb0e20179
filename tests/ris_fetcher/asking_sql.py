"""Questions to a RIS whose database is read."""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import date
from typing import Any

from radquarry.messages import Report, Row, Study
from radquarry.ris_fetcher.ris import NoReport
from tests.ris_fetcher.databases import Rooms

STUDY = Study(study_instance_uid="1.2.3", accession_number="A-0042", patient_id="P1", study_date=date(2024, 5, 17))
CHOSEN = {"start_date": "2024-05-01", "end_date": "2024-05-31", "procedure": "CT%"}


async def ask(database: Rooms, study: Study = STUDY, **keys: Any) -> Report | NoReport:
    async with database.ris(**keys) as ris:
        return await ris.report(study)


async def listed(database: Rooms, chosen: Mapping[str, str] = CHOSEN, **keys: Any) -> list[tuple[Row, ...]]:
    async with database.ris(**keys) as ris, aclosing(ris.listing(chosen)) as portions:
        return [portion async for portion in portions]


EQUALS = (
    "SELECT accession_number FROM examinations"
    " WHERE study_date BETWEEN :start_date AND :end_date AND procedure = :procedure"
)
