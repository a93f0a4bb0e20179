"""Fresh search stores for the promise tests, and parts to put into them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp

from radquarry.index.document import Page, Query
from radquarry.index.embedded import TantivyIndex
from radquarry.index.opensearch import OpenSearchIndex
from radquarry.index.parts import GonePart, MissingReportPart, ReportPart, StudyPart
from radquarry.index.port import Index
from radquarry.messages import Report, Series, Study
from tests.servers import addresses

T0 = datetime(2024, 5, 17, 8, 0, tzinfo=UTC)


@asynccontextmanager
async def open_store(kind: str, folder: Path) -> AsyncIterator[Index]:
    """An empty store that nobody else uses."""
    if kind == "tantivy":
        async with TantivyIndex.open(folder / "index") as index:
            yield index
        return
    addresses.need("opensearch")
    async with (
        fresh_namespace() as namespace,
        OpenSearchIndex.open(addresses.opensearch_url(), namespace=namespace) as index,
    ):
        yield index


@asynccontextmanager
async def fresh_namespace() -> AsyncIterator[str]:
    """A namespace in OpenSearch whose indices are deleted in the end."""
    addresses.need("opensearch")
    namespace = f"test-{uuid4().hex[:12]}"
    try:
        yield namespace
    finally:
        async with aiohttp.ClientSession() as session:
            index = f"{addresses.opensearch_url()}/{namespace}-studies-v1-000001"
            await (await session.delete(index)).read()


def uid(number: int) -> str:
    return f"1.2.826.0.1.{number}"


def study(number: int = 1, *, later: float = 0, pacs: str = "main", **fields) -> StudyPart:
    """What the PACS says of study `number`, `later` hours after others."""
    values = {
        "study_instance_uid": uid(number),
        "accession_number": f"A-{number:05}",
        "study_date": date(2023, 1, 1) + timedelta(days=number % 700),
        "study_time": time(number % 24, number % 60),
        "study_description": "CT Thorax",
        "modalities_in_study": ("CT",),
        "patient_id": f"P{number}",
        "patient_name": "Muster^Erika",
        "patient_sex": "F",
        "institution_name": "Kantonsspital",
    }
    return StudyPart(pacs=pacs, study=Study(**(values | fields)), answered_at=T0 + timedelta(hours=later))


def report(number: int = 1, text: str = "Kein Pneumothorax.", *, later: float = 0, **fields) -> ReportPart:
    """The report of study `number`, issued `later` hours after others."""
    values = {"report_id": f"r{number}", "text": text, "issued": T0 + timedelta(hours=later), "language": "de"}
    return ReportPart(study_instance_uid=uid(number), ris="ris", report=Report(**(values | fields)))


def missing(number: int = 1, *, later: float = 0, reason: str = "no report yet") -> MissingReportPart:
    return MissingReportPart(
        study_instance_uid=uid(number), ris="ris", reason=reason, asked_at=T0 + timedelta(hours=later)
    )


def gone(number: int = 1, *, later: float = 0, pacs: str = "main") -> GonePart:
    """The PACS no longer has study `number`, `later` hours after others spoke."""
    return GonePart(study_instance_uid=uid(number), pacs=pacs, gone_at=T0 + timedelta(hours=later))


def series(number: int, **fields) -> Series:
    return Series(series_instance_uid=f"1.2.826.0.1.9.{number}", **fields)


async def found(index: Index, q: str, **fields) -> set[int]:
    """The numbers of the studies that `q` finds."""
    page = await index.search(Query(q=q, limit=100, **fields))
    assert page.total == len(page.hits)
    return {number_of(hit.document.study_instance_uid) for hit in page.hits}


def number_of(study_instance_uid: str) -> int:
    return int(study_instance_uid.rpartition(".")[2])


def shown(page: Page, place: int = 0) -> list[str]:
    """The words marked as matches in one hit."""
    return [piece.text for passage in page.hits[place].highlights for piece in passage if piece.match]
