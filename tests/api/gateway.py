"""The whole api on loopback: real uvicorn, the embedded bus, store and index, and the parts that answer it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from radquarry.api.__main__ import opened
from radquarry.api.settings import Settings
from radquarry.bus.delivery import Waits
from radquarry.bus.opening import open_bus
from radquarry.bus.port import Bus
from radquarry.errors import PeerAway
from radquarry.index.document import ReportPart, StudyPart
from radquarry.index.opening import open_index
from radquarry.index.port import Index
from radquarry.messages import Message, Report, Series, Study
from radquarry.service import Service, run
from radquarry.state.store import State, open_state
from tests.api.stories import NOON, uid

PACS = {
    "main": {"ae_title": "PACS", "host": "127.0.0.1", "port": 104},
    "old": {"ae_title": "OLD", "host": "127.0.0.1", "port": 105},
}
RIS = {
    "reports": {
        "kind": "sql",
        "url": "sqlite:///ris.db",
        "accession_numbers": "SELECT accession_number FROM done WHERE day >= :start_date AND procedure = :procedure",
    },
    "texts": {"kind": "sql", "url": "sqlite:///ris.db", "report": "SELECT text FROM r WHERE a = :accession_number"},
}
"""The api never asks them: it reads what they can be asked."""
DESTINATIONS = {
    "research": {"kind": "directory", "path": "out"},
    "outside": {"kind": "dicomweb", "url": "http://127.0.0.1:9/dicom-web", "token": "geheim", "identified": False},
}


class Lossy:
    """The bus, until `away` is set."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.away = False
        self.published: list[Message] = []

    async def publish(self, *messages: Message) -> None:
        if self.away:
            raise PeerAway("the bus does not answer")
        await self._bus.publish(*messages)
        self.published += messages

    async def depths(self) -> Any:
        if self.away:
            raise PeerAway("the bus does not answer")
        return await self._bus.depths()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    def orders(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.published if isinstance(message, kind)]


@dataclass(frozen=True)
class Gateway:
    """A running api."""

    url: str
    client: httpx.AsyncClient
    bus: Lossy
    state: State
    index: Index
    running: "asyncio.Task[None]"

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = await self.client.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """The answer to a POST."""
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def hold(self, count: int = 3) -> list[str]:
        """Index so many studies; the first has a report."""
        studies = [StudyPart(pacs="main", study=study(number), answered_at=NOON) for number in range(count)]
        await self.index.merge([*studies, ReportPart(study_instance_uid=uid(0), ris="main", report=REPORT)])
        return [uid(number) for number in range(count)]


REPORT = Report(report_id="r0", text="Small apical pneumothorax on the left.", issued=NOON, language="en")


def study(number: int, **changes: Any) -> Study:
    """A study as a PACS answers."""
    fields: dict[str, Any] = {
        "study_instance_uid": uid(number),
        "accession_number": f"A{number:04}",
        "study_date": date(2024, 6, 1 + number % 28),
        "study_description": "CT Thorax",
        "modalities_in_study": ("CT",),
        "patient_id": f"P{number}",
        "patient_name": "=HYPERLINK^Eva" if number == 1 else "Muster^Max",
        "patient_sex": "F",
        "series": (Series(series_instance_uid=f"{uid(number)}.1", modality="CT", body_part_examined="CHEST"),),
    }
    return Study(**{**fields, **changes})


@asynccontextmanager
async def a_gateway(
    folder: Path,
    *others: Service,
    api: dict[str, Any] | None = None,
    destinations: dict[str, Any] = DESTINATIONS,
    bus_url: str = "",
    state_url: str = "",
) -> AsyncIterator[Gateway]:
    """Up until the block ends; `api` are keys of its section."""
    leaving = {"destinations": destinations, "deidentification": {"profiles": {"keep-dates": "profile.yaml"}}}
    keys = {"data_dir": folder, "pacs": PACS, "ris": RIS, "api": {"port": 0, **(api or {})}, **leaving}
    settings = Settings.model_validate(keys)
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with (
        open_bus(bus_url or f"sqlite:///{folder}/bus.db", Waits((0.05, 0.1), attempts=2)) as real,
        open_state(state_url or f"sqlite:///{folder}/state.db") as state,
        open_index(f"tantivy:///{folder}/index") as index,
    ):
        bus = Lossy(real)
        async with opened(settings, bus, state, index, url.set_result) as service:
            running = asyncio.create_task(run(bus, service, *others))
            try:
                async with httpx.AsyncClient(base_url=await url, timeout=20) as http:
                    yield Gateway(await url, http, bus, state, index, running)
            finally:
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running


async def becomes(look: Callable[[], Any], wanted: Any, seconds: float = 20) -> None:
    """Wait until `await look()` is `wanted`; fails with what it was last."""
    last = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (last := await look()) != wanted:  # noqa: ASYNC110 - over HTTP there is no other event
                await asyncio.sleep(0.02)
    assert last == wanted


def a_problem(answer: httpx.Response, status: int, kind: str = "") -> dict[str, Any]:
    """The problem document of an answer (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["status"]) == (status, status), document
    assert document["type"].startswith("urn:radquarry:problem:")
    assert document["title"]
    assert document["detail"]
    if kind:
        assert document["type"].endswith(f":{kind}"), document
    return document


CRAWL = {"pacs": "main", "start_date": "2024-06-01", "end_date": "2024-06-03"}
