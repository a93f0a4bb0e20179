"""Why a study was found: passages of its text with the matching words marked. Plain text in, plain text out."""

import re
from collections.abc import Callable, Iterable, Sequence

from radquarry.index.clauses import Leaf, Pattern, Similar, Words
from radquarry.index.document import Piece
from radquarry.index.folding import spans, words

Passage = tuple[Piece, ...]
Stems = Callable[[Sequence[str]], Sequence[tuple[str, ...]]]
"""Folded words → the stems of each, one per language; words with one stem in common are the same word."""

LONGEST_TEXT = 1_000_000
MOST_PASSAGES = 3
_AROUND = 100
_LENGTH = 180
_LONGEST = 400
_BREAK = re.compile(r"\n+|[.!?:;]\s")


def beginning(text: str) -> tuple[Passage, ...]:
    """The first words of a text that has no match."""
    head = text[: _LENGTH + 20].strip()
    if len(head) > _LENGTH:
        head = head[:_LENGTH].rsplit(None, 1)[0]
    return ((Piece(text=head),),) if head else ()


def passages(text: str, leaves: Iterable[Leaf], stems: Stems) -> tuple[Passage, ...]:
    """Up to three passages of `text` around words that `leaves` ask for, in the text's order; () without any."""
    text = text[:LONGEST_TEXT]
    places = spans(text)
    tokens = words(text)
    marked = sorted(_marked(tokens, tuple(leaves), stems))
    if not marked:
        return ()
    windows = _windows(text, [places[index] for index in marked])
    best = sorted(windows, key=lambda window: -len({words(text[b:e]) for b, e in window[2]}))[:MOST_PASSAGES]
    return tuple(_pieces(text, *window) for window in sorted(best))


def _marked(tokens: Sequence[str], leaves: Sequence[Leaf], stems: Stems) -> set[int]:
    vocabulary = list(dict.fromkeys(tokens))
    if not vocabulary:
        return set()
    stems_of = dict(zip(vocabulary, stems(vocabulary), strict=True))
    found: set[int] = set()
    for leaf in leaves:
        match leaf:
            case Words(words=asked, slop=slop):
                alike = [_alike(stems_of, word) for word in stems(asked)]
                found |= _runs(tokens, alike, slop)
                if slop:
                    found |= _runs(tokens, alike[::-1], slop)
            case Pattern(pattern=pattern):
                form = re.compile(pattern.replace("*", ".*").replace("?", "."))
                found |= _runs(tokens, [{word for word in vocabulary if form.fullmatch(word)}], 0)
            case Similar(word=word, distance=distance):
                found |= _runs(tokens, [{other for other in vocabulary if _near(word, other, distance)}], 0)
    return found


def _alike(stems_of: dict[str, tuple[str, ...]], asked: tuple[str, ...]) -> set[str]:
    return {word for word, own in stems_of.items() if any(a == b for a, b in zip(own, asked, strict=True))}


def _runs(tokens: Sequence[str], alike: Sequence[set[str]], slop: int) -> set[int]:
    """The indices of tokens that follow each other as `alike` does, with at most `slop` others between."""
    found: set[int] = set()
    for first, token in enumerate(tokens):
        if token not in alike[0]:
            continue
        run, end = [first], first + len(alike) + slop
        for choice in alike[1:]:
            follower = next((i for i in range(run[-1] + 1, min(end, len(tokens))) if tokens[i] in choice), None)
            if follower is None:
                break
            run.append(follower)
        else:
            found.update(run)
    return found


def _near(word: str, other: str, distance: int) -> bool:
    """Whether at most `distance` letters are inserted, left out, changed, or swapped with their neighbour."""
    if abs(len(word) - len(other)) > distance:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        following = [i]
        for j, its in enumerate(other, 1):
            cost = min(row[j] + 1, following[-1] + 1, row[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == its:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1] <= distance


_Window = tuple[int, int, list[tuple[int, int]]]


def _windows(text: str, matches: Sequence[tuple[int, int]]) -> list[_Window]:
    """Stretches that do not overlap: begin, end, and the matches in each.

    A match whose sentence began in the stretch before lengthens that one: cut between "no" and "pneumothorax", the
    next passage would say the opposite of the report.
    """
    windows: list[_Window] = []
    for begin, end in matches:
        start = _start(text, begin)
        if not windows or start >= windows[-1][1]:
            windows.append((start, _end(text, start, end), [(begin, end)]))
            continue
        first, last, found = windows[-1]
        if end <= last:
            found.append((begin, end))
        elif last - first < _LONGEST:
            windows[-1] = (first, _end(text, start, end), [*found, (begin, end)])
    return windows


def _start(text: str, match: int) -> int:
    """Where the sentence begins, or some words before the match."""
    reach = max(0, match - _AROUND)
    breaks = [found.end() for found in _BREAK.finditer(text, reach, match)]
    if breaks:
        return breaks[-1]
    if reach == 0:
        return 0
    space = text.find(" ", reach, match)
    return space + 1 if space >= 0 else match


def _end(text: str, start: int, match_end: int) -> int:
    reach = max(match_end, start + _LENGTH)
    if reach >= len(text):
        return len(text)
    line = text.find("\n", match_end, reach)
    if line >= 0 and line - start > _LENGTH // 3:
        return line
    space = text.rfind(" ", match_end, reach)
    return space if space >= 0 else reach


def _pieces(text: str, begin: int, end: int, matches: Sequence[tuple[int, int]]) -> Passage:
    pieces: list[Piece] = []
    for match_begin, match_end in matches:
        if match_begin > begin:
            pieces.append(Piece(text=text[begin:match_begin]))
        pieces.append(Piece(text=text[match_begin:match_end], match=True))
        begin = match_end
    if end > begin:
        pieces.append(Piece(text=text[begin:end]))
    return tuple(pieces)
