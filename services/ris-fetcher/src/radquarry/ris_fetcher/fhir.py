"""A RIS that speaks FHIR R4: DiagnosticReport by accession number, over HTTP."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from radquarry.configuration.ris import FhirRis as RisSection
from radquarry.dicom.accession import spellings
from radquarry.messages import Report, Study
from radquarry.messages.studies import Link
from radquarry.ris_fetcher import links, resources
from radquarry.ris_fetcher.report_text import Unreadable, kind_of, plain_text
from radquarry.ris_fetcher.resources import Attachment, Resource
from radquarry.ris_fetcher.ris import NoReport, RisAway, RisRefuses

MOST_BYTES = 20_000_000
MOST_PAGES = 5
QUICK_RETRIES = (0.2, 1.0)
"""Seconds before a request is repeated at once; after that the message waits."""

TIMES_PATIENT = 10
"""Of `timeout_seconds`, which is for a connection and for each piece of an answer: for all that one report takes."""
GZIP_OR_ZLIB = 47
"""The `wbits` of zlib that tell the two apart by their first bytes."""

JSON_TYPES = ("application/fhir+json", "application/json", "text/json")


class FhirRis:
    """See `Ris`. At most `parallel` requests are under way at a time."""

    def __init__(
        self, name: str, section: RisSection, client: httpx.AsyncClient, quick: tuple[float, ...] = QUICK_RETRIES
    ) -> None:
        self.name = name
        self._quick = quick
        self._pacs = section.pacs
        self._base = httpx.URL(str(section.url).rstrip("/") + "/")
        self._client = client
        self._patience = TIMES_PATIENT * section.timeout_seconds
        self._free = asyncio.Semaphore(section.parallel)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, name: str, section: RisSection, quick: tuple[float, ...] = QUICK_RETRIES
    ) -> AsyncIterator["FhirRis"]:
        """One client with its connections kept; redirects are not followed, they could lead anywhere."""
        headers = {"Accept": "application/fhir+json", "Accept-Encoding": "gzip"}
        if section.token is not None:
            headers["Authorization"] = f"Bearer {section.token.get_secret_value()}"
        limits = httpx.Limits(max_connections=section.parallel, max_keepalive_connections=section.parallel)
        async with httpx.AsyncClient(headers=headers, timeout=section.timeout_seconds, limits=limits) as client:
            yield cls(name, section, client, quick)

    def serves(self, pacs: str) -> bool:
        """See `Ris.serves`."""
        return not self._pacs or pacs in self._pacs

    async def report(self, study: Study) -> Report | NoReport:
        """See `Ris.report`."""
        try:
            async with asyncio.timeout(self._patience):
                return await self._report(study)
        except TimeoutError:
            raise RisAway(f"{self.name}: no whole answer in {self._patience:.0f} s") from None

    async def _report(self, study: Study) -> Report | NoReport:
        asked = spellings(study.accession_number)
        if not asked:
            return NoReport(links.NO_NUMBER)
        for number, spelling in enumerate(asked):
            found = [each for each in await self._search(spelling) if resources.is_written(each)]
            if not found:
                continue
            ours = [each for each in found if links.same_patient(resources.patient_id(each), study.patient_id)]
            if not ours:
                return NoReport(links.ANOTHER_PATIENT)
            link = links.link(len({str(each.get("id")) for each in ours}), number)
            return await self._written(resources.newest(ours), link)
        return NoReport(links.NOT_THERE)

    async def _written(self, resource: Resource, link: Link) -> Report | NoReport:
        try:
            text = await self._text(resource)
        except Unreadable as error:
            return NoReport(str(error))
        if not text:
            return NoReport(links.EMPTY)
        return resources.as_report(resource, text).model_copy(update={"link": link})

    async def _text(self, resource: Resource) -> str:
        """The first presented form that is text, else the narrative."""
        unreadable: Unreadable | None = None
        for form in resources.attachments(resource):
            try:
                text = await self._form(form)
            except Unreadable as error:
                unreadable = unreadable or error
                continue
            if text:
                return text
        text = await asyncio.to_thread(resources.narrative, resource)
        if not text and unreadable is not None:
            raise unreadable
        return text

    async def _form(self, form: Attachment) -> str:
        if form.data or not form.url or not form.is_text:
            return await asyncio.to_thread(resources.attached_text, form)
        content, content_type = await self._get(self._own(form.url), {})
        if kind_of(content_type) in JSON_TYPES:
            content, content_type = resources.binary(self._json(content), form.content_type)
        elif kind_of(content_type) != kind_of(form.content_type or content_type):
            raise RisAway(f"{self.name}: answers with {content_type[:40] or 'no content type'} instead of the report")
        return await asyncio.to_thread(plain_text, content, content_type)

    async def _search(self, accession_number: str) -> list[Resource]:
        """All pages of the search by identifier."""
        # `|` and `,` separate in FHIR's token search; the RIS reads the escaped one as part of the value
        value = accession_number.replace("\\", "\\\\").replace("|", "\\|").replace(",", "\\,").replace("$", "\\$")
        bundle = await self._resource(self._base.join("DiagnosticReport"), {"identifier": value})
        found = resources.diagnostic_reports(bundle)
        for _ in range(MOST_PAGES):
            if (following := resources.next_page(bundle)) is None:
                return found
            bundle = await self._resource(self._own(following), {})
            found += resources.diagnostic_reports(bundle)
        raise RisAway(f"{self.name}: gives more than {MOST_PAGES} pages for one accession number")

    def _own(self, address: str) -> httpx.URL:
        """An address that the RIS names, on its own origin only: it must not send us elsewhere."""
        try:
            url = self._base.join(address)
        except httpx.InvalidURL:
            raise Unreadable("the report lies at an address that is none") from None
        if (url.scheme, url.host, url.port) != (self._base.scheme, self._base.host, self._base.port):
            raise Unreadable("the report lies on another server than the RIS")
        return url

    async def _resource(self, url: httpx.URL, query: dict[str, str]) -> Resource:
        """One FHIR resource, asked for again at once where that may help."""
        for wait in self._quick:
            try:
                return await self._parsed(url, query)
            except RisAway as error:
                if error.after:
                    raise
                await asyncio.sleep(wait)
        return await self._parsed(url, query)

    async def _parsed(self, url: httpx.URL, query: dict[str, str]) -> Resource:
        content, content_type = await self._get(url, query)
        if content_type.split(";")[0].strip().lower() not in JSON_TYPES:
            raise RisAway(f"{self.name}: answers with {content_type[:40] or 'no content type'} instead of FHIR")
        return self._json(content)

    def _json(self, content: bytes) -> Resource:
        try:
            resource: Any = json.loads(content)
        except (ValueError, RecursionError):
            raise RisAway(f"{self.name}: answers with broken JSON") from None
        if not isinstance(resource, dict):
            raise RisAway(f"{self.name}: answers with JSON that is no FHIR resource")
        return resource

    async def _get(self, url: httpx.URL, query: dict[str, str]) -> tuple[bytes, str]:
        """Body and content type of a 200; everything else is an error of ours."""
        try:
            async with self._free, self._client.stream("GET", url, params=query or None) as answer:
                self._judge(answer)
                content = bytearray()
                inflate = self._inflater(answer.headers.get("Content-Encoding", ""))
                async for chunk in answer.aiter_raw():
                    content += inflate(chunk, MOST_BYTES + 1 - len(content))
                    if len(content) > MOST_BYTES:
                        raise Unreadable(f"the RIS's answer is longer than {MOST_BYTES // 1_000_000} MB")
                return bytes(content), answer.headers.get("Content-Type", "")
        except httpx.TimeoutException:
            raise RisAway(f"{self.name}: no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as error:
            raise RisAway(f"{self.name}: {type(error).__name__}") from None

    def _inflater(self, encoding: str) -> Callable[[bytes, int], bytes]:
        """Unpacks a piece to at most so many bytes: a small answer may hold gigabytes of nothing."""
        match encoding.strip().lower():
            case "" | "identity":
                return lambda piece, _: piece
            case "gzip" | "x-gzip" | "deflate":
                return zlib.decompressobj(GZIP_OR_ZLIB).decompress
        raise RisAway(f"{self.name}: answers in an encoding we did not ask for")

    def _judge(self, answer: httpx.Response) -> None:
        match answer.status_code:
            case 200:
                return
            case 401 | 403 as code:
                raise RisRefuses(f"{self.name}: answers {code}; mend ris.{self.name}.token")
            case 429 | 503 as code:
                wait = answer.headers.get("Retry-After", "")
                raise RisAway(f"{self.name}: answers {code}", after=float(wait) if wait.isdecimal() else 0.0)
            case 302 | 303 | 307 as code:
                raise RisAway(f"{self.name}: answers {code}, sends us elsewhere; is ris.{self.name}.url right?")
            case 408 | 425 as code:
                raise RisAway(f"{self.name}: answers {code}")
            case 404 | 410 as code:
                raise RisAway(f"{self.name}: answers {code}; is ris.{self.name}.url right?")
            case code if code >= 500:
                raise RisAway(f"{self.name}: answers {code}")
            case code:
                raise RisRefuses(f"{self.name}: answers {code}; mend ris.{self.name}.url")
