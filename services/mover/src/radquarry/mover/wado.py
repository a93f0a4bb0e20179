"""WADO-RS as a caller (PS3.18 10.4): studies, series or instances over HTTP, as the bytes they are stored in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from radquarry.configuration.sections import Pacs
from radquarry.dicom.encryption import Tls
from radquarry.dicom.moving import Counts, MoveEnd, MoveOrder
from radquarry.dicom.passage import Gate
from radquarry.dicom.peer import PacsAway, PacsRefuses
from radquarry.dicom.stored_file import NotADicomFile, parcel_in
from radquarry.dicom.storing import SUCCESS, Parcel
from radquarry.mover.multipart import NotMultipart, Parts, boundary_of

ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
FAILED, SOME_FAILED, SHORT_OF_RESOURCES, CANCELLED = 0x0110, 0xB000, 0xA702, 0xFE00
Take = Callable[[Parcel], Awaitable[int]]


class WadoService:
    """One PACS's DICOMweb service: its base address, and connections that are kept."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    def requests(self, gate: Gate) -> "Wado":
        """For one session."""
        return Wado(self._client, self._url, gate)


@asynccontextmanager
async def open_wado(pacs: Pacs) -> AsyncIterator[WadoService | None]:
    """None for a PACS without `wado_url`. Redirects are not followed, they could lead anywhere."""
    if pacs.wado_url is None:
        yield None
        return
    headers = {"Authorization": f"Bearer {pacs.wado_token.get_secret_value()}"} if pacs.wado_token else {}
    verify = Tls(**dict(pacs.tls)).context() if pacs.tls is not None else True
    async with httpx.AsyncClient(headers=headers, timeout=pacs.timeout_seconds, verify=verify) as client:
        yield WadoService(client, str(pacs.wado_url))


class Wado:
    """One retrieval's worth of requests, one at a time; each asks `gate`."""

    def __init__(self, client: httpx.AsyncClient, url: str, gate: Gate) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._gate = gate
        self._is_given_up = False

    def give_up(self) -> None:
        """Stop after the object that is under way."""
        self._is_given_up = True

    async def fetch(self, order: MoveOrder, take: Take, heard: Callable[[Counts], None]) -> MoveEnd:
        """Have `take` answer for each object that comes. Raises `PacsAway`, `PacsRefuses`."""
        self._is_given_up = False
        tally = _Tally(heard)
        worst: tuple[int, str] = (SUCCESS, "")
        for path in _paths(order):
            status, comment = await self._one(path, order.level, take, tally)
            if status != SUCCESS:
                worst = status, comment
            if status in (SHORT_OF_RESOURCES, CANCELLED):
                break
        status = SOME_FAILED if worst[0] == SUCCESS and tally.failed else worst[0]
        return MoveEnd(status, tally.counts, worst[1])

    async def _one(self, path: str, level: str, take: Take, tally: "_Tally") -> tuple[int, str]:
        kind = f"WADO-RS {level}"
        await asyncio.to_thread(self._gate.leave, kind, lambda: False)
        begun = asyncio.get_running_loop().time()
        try:
            async with self._client.stream("GET", self._url + path, headers={"Accept": ACCEPT}) as answer:
                self._gate.answered(kind, asyncio.get_running_loop().time() - begun)
                if answer.status_code not in (200, 206):
                    return _verdict(answer)
                async for part in _parts(answer):
                    tally.add(await take(parcel_in(part)))
                    if self._is_given_up:
                        return CANCELLED, ""
                return (SUCCESS, "") if answer.status_code == 200 else (SOME_FAILED, "HTTP 206")
        except httpx.TransportError as error:
            self._gate.failed()
            raise PacsAway(f"WADO-RS: {type(error).__name__}") from None
        except (NotADicomFile, NotMultipart) as fault:
            self._gate.failed()
            return FAILED, str(fault)[:64]


class _Tally:
    """What has come so far."""

    def __init__(self, heard: Callable[[Counts], None]) -> None:
        self._heard = heard
        self._completed = 0
        self.failed = 0

    @property
    def counts(self) -> Counts:
        """As a C-MOVE would say."""
        return Counts(completed=self._completed, failed=self.failed, warning=0)

    def add(self, status: int) -> None:
        """One more object, and what our STORE-SCP said of it."""
        if status == SUCCESS:
            self._completed += 1
        else:
            self.failed += 1
        self._heard(self.counts)


def _paths(order: MoveOrder) -> list[str]:
    path = f"/studies/{order.study_instance_uid}"
    if order.series_instance_uid:
        path += f"/series/{order.series_instance_uid}"
    return [f"{path}/instances/{uid}" for uid in order.sop_instance_uids] or [path]


async def _parts(answer: httpx.Response) -> AsyncIterator[bytes]:
    parts = Parts(boundary_of(answer.headers.get("Content-Type", "")))
    async for piece in answer.aiter_bytes():
        for part in parts.feed(piece):
            yield part
    if not parts.is_ended:
        raise NotMultipart("the answer ended in the middle")


def _verdict(answer: httpx.Response) -> tuple[int, str]:
    said = f"HTTP {answer.status_code}"
    match answer.status_code:
        case 401 | 403:
            raise PacsRefuses(f"WADO-RS is not allowed to us: {said}; mend wado_token")
        case 406 | 415 | 501:
            raise PacsRefuses(f"the PACS offers no WADO-RS of stored objects: {said}")
        case 429 | 503:
            return SHORT_OF_RESOURCES, said
        case _:
            return FAILED, said
