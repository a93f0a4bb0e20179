"""The words of a query marked in a whole report, as they were marked in the hit."""

import re
from collections.abc import Iterable

from radquarry.errors import Permanent
from radquarry.index.document import Hit, Piece, Query
from radquarry.index.port import Index

MOST_WORDS = 40


async def found_words(q: str, study_instance_uid: str, index: Index) -> frozenset[str]:
    """What in this study's passages answers `q`, as written there; nothing for a query that cannot be read."""
    if not q.strip():
        return frozenset()
    try:
        page = await index.search(Query(q=f'({q}) study_instance_uid:"{study_instance_uid}"', limit=1))
    except Permanent:
        return frozenset()
    return frozenset(list(_words(page.hits))[:MOST_WORDS])


def _words(hits: Iterable[Hit]) -> Iterable[str]:
    for hit in hits:
        for passage in hit.highlights:
            yield from (piece.text.lower() for piece in passage if piece.match and len(piece.text) > 1)


def marked(text: str, words: frozenset[str]) -> tuple[Piece, ...]:
    """`text` cut where one of `words` stands in it, in any case."""
    if not words:
        return (Piece(text=text),)
    choice = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pieces = re.split(rf"(?<!\w)({choice})(?!\w)", text, flags=re.IGNORECASE)
    return tuple(Piece(text=piece, match=i % 2 == 1) for i, piece in enumerate(pieces) if piece)
