"""The query language: Lucene's grammar, read by luqum, made into clauses (clauses.py).

    pneumothorax -drain          both words' conditions hold; `-`, `NOT` deny, `OR` offers a choice, `( )` group
    "pleural effusion"~5         these words, at most five places apart
    fractur*  fract?re  eff?sion~1
    modality:(CT OR MR)  study_date:[2023-01-01 TO 2023-06-30]  study_date:2023-05  report:*

Words side by side must all hold. `OR` binds closer than words side by side: `a OR b c` is `(a OR b) c`.
"""

import re
from datetime import date
from threading import Lock

from luqum import tree as written
from luqum.exceptions import ParseError
from luqum.thread import parse as read

from radquarry.index.clauses import (
    AllOf,
    AnyOf,
    Clause,
    Code,
    Days,
    Everything,
    Pattern,
    Present,
    Similar,
    Without,
    Words,
)
from radquarry.index.days import first_day, last_day
from radquarry.index.fields import ANYWHERE, FIELDS, kind_of, nearest
from radquarry.index.folding import as_code, fold, words
from radquarry.index.port import QueryRefused

LONGEST_QUERY = 4000
MOST_WORDS = 150
DEEPEST = 20
WIDEST_SLOP = 50

_ONE_AT_A_TIME = Lock()
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_POSITION = re.compile(r"position (\d+)!?$")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<wild>[*?])|(?P<plain>[^\\*?]+)", re.DOTALL)


def parse(q: str) -> Clause:
    """The clauses of `q`; an empty one asks for everything. Raises `QueryRefused`: the place, and what fits there."""
    _refuse_hostile(q)
    if not q.strip():
        return Everything()
    try:
        with _ONE_AT_A_TIME:
            tree = read(q)
    except ParseError as error:
        raise _explained(q, str(error)) from None
    except (ValueError, ArithmeticError):
        raise QueryRefused("after ~ or ^ stands a number", max(q.rfind("~"), q.rfind("^"), 0)) from None
    return _Reader(q).clause(tree, ANYWHERE, 1)


def _refuse_hostile(q: str) -> None:
    """Bound the work before any of it is done."""
    if len(q) > LONGEST_QUERY:
        raise QueryRefused(f"a query has at most {LONGEST_QUERY} characters", LONGEST_QUERY)
    if unreadable := _UNREADABLE.search(q):
        raise QueryRefused("this character cannot be searched for: leave it out", unreadable.start())
    found = [word for word in re.finditer(r"[^\W_]+", q) if word[0] not in ("AND", "OR", "NOT")]
    if len(found) > MOST_WORDS:
        raise QueryRefused(f"a query has at most {MOST_WORDS} words", found[MOST_WORDS].start())


def _explained(q: str, text: str) -> QueryRefused:
    """luqum's complaint, with what is missing said in words."""
    place = _POSITION.search(text)
    if place is None:
        return _unfinished(q)
    position = int(place[1])
    match q[position : position + 1]:
        case '"':
            return QueryRefused('this quotation mark has no partner: expected a second " after the phrase', position)
        case ")":
            return QueryRefused("this ) closes nothing: expected a word, or a ( before it", position)
        case "\\":
            return QueryRefused("expected the character that \\ stands before", position)
        case ":":
            return QueryRefused('expected a field before the colon, or write the words in "quotation marks"', position)
        case "~" | "^":
            return QueryRefused("expected a word or a phrase directly before it", position)
        case _:
            return QueryRefused('expected a word here; signs stand in "quotation marks"', position)


def _unfinished(q: str) -> QueryRefused:
    opened: list[int] = []
    outside = re.sub(r'\\.|"(?:[^"\\]|\\.)*"', lambda quoted: " " * len(quoted[0]), q, flags=re.DOTALL)
    for position, character in enumerate(outside):
        if character == "(":
            opened.append(position)
        elif character == ")" and opened:
            opened.pop()
    if opened:
        return QueryRefused("this ( is never closed: expected a ) after it", opened[-1])
    return QueryRefused("the query ends too early: expected a word after it", len(q.rstrip()))


class _Reader:
    """Turns luqum's tree of one query into clauses."""

    def __init__(self, q: str) -> None:
        self._q = q

    def clause(self, node: written.Item, field: str, depth: int) -> Clause:
        if depth > DEEPEST:
            raise self._refused("brackets and NOTs go at most 20 levels deep", node)
        below = depth + 1
        match node:
            case written.OrOperation():
                return AnyOf(tuple(self.clause(part, field, below) for part in node.operands))
            case written.AndOperation() | written.UnknownOperation():
                return AllOf(tuple(self.clause(part, field, below) for part in node.operands))
            case written.Group() | written.FieldGroup():
                return self.clause(node.expr, field, below)
            case written.Not():
                return Without(self.clause(node.a, field, below))
            case written.Plus() | written.Prohibit():
                return self._signed(node, field, below)
            case written.SearchField():
                return self.clause(node.expr, self._field(node, field), below)
            case _:
                return self._leaf(node, field)

    def _signed(self, node: written.Plus | written.Prohibit, field: str, depth: int) -> Clause:
        if self._q[node.pos + 1 : node.pos + 2].isspace():
            raise self._refused("+ and - stand directly before a word: expected no space after it", node)
        inner = self.clause(node.a, field, depth)
        return Without(inner) if isinstance(node, written.Prohibit) else inner

    def _field(self, node: written.SearchField, outer: str) -> str:
        if outer:
            raise self._refused('a field within a field: write a value with a colon in "quotation marks"', node)
        if node.name not in FIELDS:
            raise self._refused(f"there is no such field; the nearest is {nearest(node.name)}", node)
        return str(node.name)

    def _leaf(self, node: written.Item, field: str) -> Clause:
        if kind_of(field) == "day":
            return self._days(node, field)
        match node:
            case written.Phrase():
                return self._words(node, field, node.value[1:-1], 0)
            case written.Proximity():
                if node.degree > WIDEST_SLOP:
                    raise self._refused(f"after ~ stands at most {WIDEST_SLOP}", node)
                return self._words(node, field, node.term.value[1:-1], node.degree)
            case written.Word() if node.value == "*":
                return Present(field) if field else Everything()
            case written.Word():
                return self._word(node, field)
            case written.Fuzzy():
                return self._similar(node, field)
            case written.Boost():
                raise self._refused("weights (^) are not understood: leave it out", node)
            case written.Regex():
                raise self._refused("regular expressions are not understood: use * and ?, or quotation marks", node)
            case _:
                raise self._refused("ranges and comparisons need a date: study_date:[2023-01-01 TO 2023-12-31]", node)

    def _words(self, node: written.Item, field: str, text: str, slop: int) -> Clause:
        text = _ESCAPED.sub(r"\1", text)
        if kind_of(field) == "code":
            return Code(field, as_code(text))
        found = words(text)
        if not found:
            raise self._refused("expected letters or digits; AND, OR and NOT are written as words", node)
        return Words(field, found, slop)

    def _word(self, node: written.Word, field: str) -> Clause:
        pieces = list(_PIECE.finditer(node.value))
        if not any(piece["wild"] for piece in pieces):
            return self._words(node, field, node.value, 0)
        if sum(bool(piece["wild"]) for piece in pieces) > 5:
            raise self._refused("a word has at most five * and ?", node)
        folded = as_code if kind_of(field) == "code" else fold
        pattern = "".join(piece["wild"] or folded(piece["escaped"] or piece["plain"]) for piece in pieces)
        if not re.match(r"[^*?]{2}", pattern):
            raise self._refused("expected at least two letters before the first * or ?", node)
        if kind_of(field) != "code" and not re.fullmatch(r"(?:[^\W_]|[*?])+", pattern):
            raise self._refused("a word with * or ? holds letters and digits, nothing else", node)
        if re.search(r"\\[*?]", node.value):
            raise self._refused("* and ? cannot be searched for: leave them out", node)
        return Pattern(field, re.sub(r"\*+", "*", pattern))

    def _similar(self, node: written.Fuzzy, field: str) -> Clause:
        found = words(_ESCAPED.sub(r"\1", node.term.value))
        if kind_of(field) == "code":
            raise self._refused("~ is for words of a text, not for this field", node)
        if len(found) != 1 or len(found[0]) < 3:
            raise self._refused("~ stands after one word of at least three letters", node)
        if node.degree not in (1, 2) and str(node.degree) != "0.5":
            raise self._refused("after ~ stands 1 or 2, the number of letters that may differ", node)
        usual = 1 if len(found[0]) <= 5 else 2
        return Similar(field, found[0], int(node.degree) if node.degree in (1, 2) else usual)

    def _days(self, node: written.Item, field: str) -> Clause:
        match node:
            case written.Word() if node.value == "*":
                return Present(field)
            case written.Word() | written.Phrase():
                return Days(field, self._day(node, last=False), self._day(node, last=True))
            case written.Range():
                begin = self._day(node.low, last=not node.include_low, excluded=not node.include_low)
                end = self._day(node.high, last=node.include_high, excluded=not node.include_high)
                return Days(field, begin, end)
            case written.From():
                return Days(field, self._day(node.a, last=not node.include, excluded=not node.include), None)
            case written.To():
                return Days(field, None, self._day(node.a, last=node.include, excluded=not node.include))
            case _:
                raise self._refused(_A_DAY, node)

    def _day(self, node: written.Item, *, last: bool, excluded: bool = False) -> date | None:
        """The first or last day that `node` names; where it is excluded, the neighbour outside it."""
        value = getattr(node, "value", "").strip('"')
        if value == "*":
            return None
        try:
            if not excluded:
                return last_day(value) if last else first_day(value)
            return date.fromordinal(last_day(value).toordinal() + 1 if last else first_day(value).toordinal() - 1)
        except ValueError:
            raise self._refused(_A_DAY, node) from None

    def _refused(self, text: str, node: written.Item) -> QueryRefused:
        position = node.pos if node.pos is not None else 0
        while self._q[position : position + 1].isspace():
            position += 1
        return QueryRefused(text, position)


_A_DAY = "expected a day such as 2023-05-17, a month 2023-05, a year 2023, or [2023-01-01 TO 2023-06-30]"
