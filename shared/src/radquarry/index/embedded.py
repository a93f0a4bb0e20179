"""The search store of one process: tantivy, in a folder. One process writes; others may read beside it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import tantivy
from tantivy import DocAddress, FieldType, Filter, Occur, Order, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from radquarry.errors import PeerAway
from radquarry.index import embedded_entry as layout
from radquarry.index.document import Document, Page, Part, Query, unfit
from radquarry.index.embedded_pages import Pages, held, of_patient, walk
from radquarry.index.language import parse
from radquarry.index.port import PartsRefused

WRITER_BYTES = 64_000_000
LONGEST_WORD = 200


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
        if len(reasons) < len(parts):
            await asyncio.to_thread(self._store.merge, [part for part in parts if not unfit(part)])
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
        key = layout.patient_key(patient_id, pacs)
        return await asyncio.to_thread(lambda: of_patient(self._store.state(), key)) if patient_id else ()

    async def scan(self, query: Query) -> AsyncIterator[Document]:
        """See `Index.scan`."""
        steps = walk(await asyncio.to_thread(self._store.state), query, parse(query.q))
        while (documents := await asyncio.to_thread(next, steps, None)) is not None:
            for document in documents:
                yield document

    async def count(self) -> int:
        """See `Index.count`."""
        return (await asyncio.to_thread(self._store.state)).size


class _Store:
    """The folder: its writer, and its latest committed state."""

    def __init__(self, path: Path, read_only: bool) -> None:  # noqa: FBT001 - to_thread reads better so
        self._path = path
        self._read_only = read_only
        self._lock = threading.Lock()
        if read_only and not tantivy.Index.exists(str(path)):
            raise PeerAway("there is no index in this data folder yet: `radquarry serve` makes one")
        path.mkdir(parents=True, exist_ok=True)
        self._analysers = {language: _analyser(language) for language in ("", *layout.LANGUAGES)}
        try:
            self._index = tantivy.Index(_schema(), path=str(path))
        except ValueError as error:
            raise PeerAway(f"the index in {path} cannot be opened: {error}; if it is damaged, move it away") from None
        for language, analyser in self._analysers.items():
            self._index.register_tokenizer(f"folded {language}", analyser)
        self._index.config_reader("manual")
        self._terms = _Terms(self._index.schema, self._analysers)
        self._writer = None if read_only else self._new_writer()

    def _new_writer(self) -> tantivy.IndexWriter:
        try:
            return self._index.writer(WRITER_BYTES, 1)
        except ValueError as error:
            if "Lock" not in str(error):
                raise PeerAway(f"the index in {self._path} cannot be written: {error}") from None
        raise PeerAway(f"another process writes to the index in {self._path}: stop it, or open it read-only")

    def state(self) -> "_State":
        """What has been committed."""
        if self._read_only:
            self._index.reload()
        return _State(self._index.searcher(), self._terms)

    def merge(self, parts: Iterable[Part]) -> None:
        """Commit the parts' documents: all of them or, when this raises, none."""
        with self._lock:
            if self._writer is None:
                self._writer = self._new_writer()
            writer, self._writer = self._writer, None
            self._write(writer, list(parts))
            self._writer = writer

    def _write(self, writer: tantivy.IndexWriter, parts: Sequence[Part]) -> None:
        uids = dict.fromkeys(part.study_instance_uid for part in parts)
        before = held(self.state(), list(uids))
        merged = {uid: before.get(uid) or Document(study_instance_uid=uid) for uid in uids}
        for part in parts:
            merged[part.study_instance_uid] = merged[part.study_instance_uid].merged(part)
        fresh = {uid: document for uid, document in merged.items() if document != before.get(uid)}
        try:
            for uid, document in fresh.items():
                if uid in before:
                    writer.delete_documents_by_term("uid", uid)
                writer.add_document(_written(document))
            if fresh:
                writer.commit()
                self._index.reload()
        except (ValueError, OSError) as error:
            writer.rollback()
            raise PeerAway(f"the index in {self._path} cannot be written: {error}") from None

    def close(self) -> None:
        """Let another process write."""
        with self._lock:
            if self._writer is not None:
                self._writer.wait_merging_threads()
                self._writer = None


@dataclass(frozen=True)
class _State:
    """See `View`."""

    searcher: tantivy.Searcher
    terms: "_Terms"

    @property
    def size(self) -> int:
        return self.searcher.num_docs

    def ranked(self, query: tantivy.Query, limit: int, offset: int) -> list[tuple[float, Document]]:
        found = self.searcher.search(query, limit, count=False, offset=offset)
        return [(score, self._document(address)) for score, address in found.hits]

    def ordered(self, query: tantivy.Query, field: str, limit: int) -> list[tuple[int, Document]]:
        order = Order.Desc if field == layout.NEWEST else Order.Asc
        found = self.searcher.search(query, limit, count=False, order_by_field=field, order=order)
        return [(key, self._document(address)) for key, address in found.hits]

    def counted(self, query: tantivy.Query, counting: dict[str, Any]) -> dict[str, Any]:
        return self.searcher.aggregate(query, counting)

    def _document(self, address: DocAddress) -> Document:
        return layout.document_of(self.searcher.doc(address).get_first("document") or b"")


@dataclass(frozen=True)
class _Terms:
    """See `Terms`."""

    schema: tantivy.Schema
    analysers: dict[str, TextAnalyzer]

    def everything(self) -> tantivy.Query:
        return tantivy.Query.all_query()

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
        musts = [(Occur.Must, query) for query in wanted or [self.everything()]]
        return tantivy.Query.boolean_query(musts + [(Occur.MustNot, query) for query in unwanted])

    def either(self, choices: Sequence[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(Occur.Should, query) for query in choices])

    def best(self, choices: Sequence[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query(choices, 0.1)

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
        for language in ("", *layout.LANGUAGES):
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
