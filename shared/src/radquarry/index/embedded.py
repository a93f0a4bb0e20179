"""The search store of one process: tantivy, in a folder. One process writes; others may read beside it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import tantivy
from tantivy import FieldType, Filter, Occur, Order, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from radquarry.errors import PeerAway
from radquarry.index import embedded_entry as layout
from radquarry.index.document import Document, Page, Query
from radquarry.index.embedded_pages import Pages, held, of_patient, walk
from radquarry.index.language import parse
from radquarry.index.parts import Part, unfit
from radquarry.index.port import PartsRefused

WRITER_BYTES = 64_000_000


class TantivyIndex:
    """See `Index`. A document is read, merged and written again, so only one object may write."""

    def __init__(self, store: "_Store") -> None:
        self._store = store
        self._pages: Pages[_State] = Pages()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, *, read_only: bool = False) -> AsyncIterator[Self]:
        """The index in the folder `path`, made if it is not there; with `read_only` another process may write it.

        Raises `PeerAway` when another process writes already, or when there is nothing yet to read.
        """
        store = await asyncio.to_thread(_Store, path / "studies-1", read_only)
        try:
            yield cls(store)
        finally:
            await asyncio.to_thread(store.close)

    async def merge(self, parts: Sequence[Part]) -> None:
        """See `Index.merge`."""
        reasons = {place: reason for place, part in enumerate(parts) if (reason := unfit(part))}
        await asyncio.to_thread(self._store.merge, [part for place, part in enumerate(parts) if place not in reasons])
        if reasons:
            raise PartsRefused(reasons)

    async def search(self, query: Query) -> Page:
        """See `Index.search`."""
        clause = parse(query.q)
        return await asyncio.to_thread(lambda: self._pages.page(self._store.state(), query, clause))

    async def get(self, study_instance_uid: str) -> Document | None:
        """See `Index.get`."""
        found = await asyncio.to_thread(lambda: held(self._store.state(), [study_instance_uid]))
        return found.get(study_instance_uid)

    async def timeline(self, patient_id: str, pacs: str) -> Sequence[Document]:
        """See `Index.timeline`."""
        return await asyncio.to_thread(lambda: of_patient(self._store.state(), layout.patient_key(patient_id, pacs)))

    async def scan(self, query: Query) -> AsyncIterator[Document]:
        """See `Index.scan`."""
        steps = walk(await asyncio.to_thread(self._store.state), query, parse(query.q))
        while (documents := await asyncio.to_thread(next, steps, None)) is not None:
            for document in documents:
                yield document

    async def count(self) -> int:
        """See `Index.count`."""
        return (await asyncio.to_thread(self._store.state)).searcher.num_docs


class _Store:
    """The folder: its writer, and its latest committed state."""

    def __init__(self, path: Path, read_only: bool) -> None:  # noqa: FBT001 - to_thread reads better so
        self._path, self._read_only = path, read_only
        self._lock = threading.Lock()
        if read_only and not (path / "meta.json").exists():
            raise PeerAway("there is no index in this data folder yet: `radquarry serve` makes one")
        path.mkdir(parents=True, exist_ok=True)
        analysers = {language: _analyser(language) for language in ("", *layout.LANGUAGES)}
        try:
            self._index = tantivy.Index(_schema(), path=str(path))
        except ValueError as error:
            raise PeerAway(f"the index in {path} cannot be opened: {error}; if it is damaged, move it away") from None
        for language, analyser in analysers.items():
            self._index.register_tokenizer(f"folded {language}", analyser)
        self._index.config_reader("manual")
        self._terms = _Terms(self._index.schema, analysers)
        self._reload()
        self._writer = None if read_only else self._new_writer()

    def _new_writer(self) -> tantivy.IndexWriter:
        try:
            return self._index.writer(WRITER_BYTES, 1)
        except ValueError as error:
            why = "another process writes to it: stop that, or open it read-only" if "Lock" in str(error) else error
            raise PeerAway(f"the index in {self._path} cannot be written: {why}") from None

    def state(self) -> "_State":
        """What has been committed."""
        if self._read_only:
            self._reload()
        return self._state

    def _reload(self) -> None:
        self._index.reload()
        self._state = _State(self._index.searcher(), self._terms)

    def merge(self, parts: Iterable[Part]) -> None:
        """Commit the parts' documents: all of them or, when this raises, none."""
        with self._lock:
            merged = dict(held(self.state(), list({part.study_instance_uid for part in parts})))
            before = dict(merged)
            for part in parts:
                uid = part.study_instance_uid
                merged[uid] = merged.get(uid, Document(study_instance_uid=uid)).merged(part)
            fresh = {uid: _written(document) for uid, document in merged.items() if document != before.get(uid)}
            if fresh:
                self._replace(before, fresh)

    def _replace(self, before: Iterable[str], fresh: Mapping[str, tantivy.Document]) -> None:
        writer = self._writer = self._writer or self._new_writer()
        committed = False
        try:
            for uid in fresh.keys() & set(before):
                writer.delete_documents_by_term("uid", uid)
            for document in fresh.values():
                writer.add_document(document)
            writer.commit()
            committed = True
            self._reload()
        except ValueError as error:
            raise PeerAway(f"the index in {self._path} cannot be written: {error}") from None
        finally:
            if not committed:
                self._writer = None
                writer.rollback()
                self._writer = writer

    def close(self) -> None:
        """Let another process write."""
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                writer.wait_merging_threads()


@dataclass(frozen=True)
class _State:
    """See `View`."""

    searcher: tantivy.Searcher
    terms: "_Terms"

    def ranked(self, query: tantivy.Query, limit: int, offset: int) -> list[tuple[float, Document]]:
        return self._read(self.searcher.search(query, limit, count=False, offset=offset))

    def ordered(self, query: tantivy.Query, field: str, limit: int) -> list[tuple[int, Document]]:
        order = Order.Desc if field == layout.NEWEST else Order.Asc
        return self._read(self.searcher.search(query, limit, count=False, order_by_field=field, order=order))

    def counted(self, query: tantivy.Query, counting: dict[str, Any]) -> dict[str, Any]:
        return self.searcher.aggregate(query, counting)

    def _read(self, found: tantivy.SearchResult) -> list[tuple[Any, Document]]:
        stored = ((key, self.searcher.doc(address).get_first("document")) for key, address in found.hits)
        return [(key, layout.document_of(document)) for key, document in stored if document]


@dataclass(frozen=True)
class _Terms:
    """See `Terms`."""

    schema: tantivy.Schema
    analysers: dict[str, TextAnalyzer]

    def any_of(self, field: str, values: Sequence[str]) -> tantivy.Query:
        return tantivy.Query.term_set_query(self.schema, field, values)

    def phrase(self, field: str, words: Sequence[str], slop: int) -> tantivy.Query:
        match words:
            case []:
                return tantivy.Query.empty_query()
            case [word]:
                return tantivy.Query.term_query(self.schema, field, word)
            case _:
                return tantivy.Query.phrase_query(self.schema, field, list(words), slop)

    def pattern(self, field: str, regex: str) -> tantivy.Query:
        return tantivy.Query.regex_query(self.schema, field, regex)

    def similar(self, field: str, word: str, distance: int) -> tantivy.Query:
        return tantivy.Query.fuzzy_term_query(self.schema, field, word, distance)

    def between(self, field: str, low: int | None, high: int | None) -> tantivy.Query:
        return tantivy.Query.range_query(self.schema, field, FieldType.Unsigned, low, high)

    def both(self, wanted: Sequence[tantivy.Query], unwanted: Sequence[tantivy.Query]) -> tantivy.Query:
        musts = [(Occur.Must, query) for query in wanted or [tantivy.Query.all_query()]]
        return tantivy.Query.boolean_query(musts + [(Occur.MustNot, query) for query in unwanted])

    def either(self, choices: Sequence[tantivy.Query], others: float = 1.0) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query(choices, others)

    def unweighed(self, query: tantivy.Query) -> tantivy.Query:
        return tantivy.Query.const_score_query(query, 0.0)

    def stems(self, language: str, words: Sequence[str]) -> list[str]:
        return self.analysers[language].analyze(" ".join(words))


def _analyser(language: str) -> TextAnalyzer:
    """For folded words with a space between them."""
    words = TextAnalyzerBuilder(Tokenizer.whitespace())
    return (words.filter(Filter.stemmer(language)) if language else words).build()


def _schema() -> tantivy.Schema:
    fields = tantivy.SchemaBuilder()
    for name in ("uid", "patient", *layout.CODES):
        fields.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in map(layout.facet, layout.FACETS):
        fields.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in layout.WORDS:
        fields.add_text_field(name, tokenizer_name="folded ")
    for name in layout.TEXTS:
        fields.add_text_field(layout.analysed(name, ""), tokenizer_name="folded ", index_option="basic")
        for language in layout.LANGUAGES:
            fields.add_text_field(layout.analysed(name, language), tokenizer_name=f"folded {language}")
    for name in (*layout.DAYS, layout.NEWEST, layout.OLDEST):
        fields.add_unsigned_field(name, fast=True, indexed=True)
    fields.add_bytes_field("document", stored=True)
    return fields.build()


def _written(document: Document) -> tantivy.Document:
    made, parts = tantivy.Document(), layout.entry(document)
    for name, text in parts.texts:
        made.add_text(name, text)
    for name, number in parts.numbers:
        made.add_unsigned(name, number)
    made.add_bytes("document", parts.stored)
    return made
