"""The query language: what is understood, and where and how the rest is refused."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from radquarry.index.document import Filters
from radquarry.index.fields import FIELDS
from radquarry.index.folding import fold, spans, words
from radquarry.index.language import LONGEST_QUERY, MOST_WORDS, parse
from radquarry.index.meaning import meaning
from radquarry.index.opensearch_query import compiled, highlighting
from radquarry.index.port import QueryRefused


def word(text: str, field: str = "") -> Words:
    return Words(field, (text,))


@pytest.mark.parametrize(
    ("q", "clause"),
    [
        ("", Everything()),
        (" \n", Everything()),
        ("*", Everything()),
        ("Pneumothorax", word("pneumothorax")),
        ("a b", AllOf((word("a"), word("b")))),
        ("a AND b", AllOf((word("a"), word("b")))),
        ("a OR b c", AllOf((AnyOf((word("a"), word("b"))), word("c")))),
        ("a OR b AND c", AnyOf((word("a"), AllOf((word("b"), word("c")))))),
        ("+a -b", AllOf((word("a"), Without(word("b"))))),
        ("NOT (a OR b)", Without(AnyOf((word("a"), word("b"))))),
        ("and or not", AllOf((word("and"), word("or"), word("not")))),
        ('"Kein Nachweis"', Words("", ("kein", "nachweis"))),
        ('"a b"~5', Words("", ("a", "b"), 5)),
        ('"a \\" b"', Words("", ("a", "b"))),
        ("Pleura-Erguss", Words("", ("pleura", "erguss"))),
        ("O'Brien", Words("", ("o", "brien"))),
        ("Größe*", Pattern("", "grosse*")),
        ("fr?ct**re", Pattern("", "fr?ct*re")),
        ("abc~", Similar("", "abc", 1)),
        ("Pneumothorax~", Similar("", "pneumothorax", 2)),
        ("Pneumothorax~1", Similar("", "pneumothorax", 1)),
        ("report:Erguss", word("erguss", "report")),
        ("report:(a OR b)", AnyOf((word("a", "report"), word("b", "report")))),
        ("report:*", Present("report")),
        ("modality:CT", Code("modality", "ct")),
        ('accession_number:"A 1:2"', Code("accession_number", "a 1:2")),
        ("accession_number:A\\:1", Code("accession_number", "a:1")),
        ("accession_number:AE-1*", Pattern("accession_number", "ae-1*")),
        ("study_date:2024-02", Days("study_date", date(2024, 2, 1), date(2024, 2, 29))),
        ("study_date:[2023-01-01 TO 2023-12-31]", Days("study_date", date(2023, 1, 1), date(2023, 12, 31))),
        ("study_date:{2023-01-01 TO 2023-12-31}", Days("study_date", date(2023, 1, 2), date(2023, 12, 30))),
        ("study_date:[2023 TO *]", Days("study_date", date(2023, 1, 1), None)),
        ("study_date:>2023", Days("study_date", date(2024, 1, 1), None)),
        ("study_date:<=20230517", Days("study_date", None, date(2023, 5, 17))),
    ],
)
def test_what_is_understood(q: str, clause: Clause) -> None:
    assert parse(q) == clause


@pytest.mark.parametrize(
    ("q", "position", "expected"),
    [
        ('erguss "links', 7, "second"),
        ("(a OR (b)", 0, "never closed"),
        ('(a "b)" c', 0, "never closed"),
        ("a) b", 1, "closes nothing"),
        ("a AND", 5, "expected a word"),
        ("a -", 3, "expected a word"),
        ("report:", 7, "expected a word"),
        (":a", 0, "field before the colon"),
        ("~2", 0, "directly before it"),
        ("a modalty:CT", 2, "nearest is modality"),
        ("report:modality:CT", 7, "within a field"),
        ("CT - Thorax", 3, "no space"),
        ("a *embolie", 2, "at least two letters"),
        ("a b*", 2, "at least two letters"),
        ("ab?c?d?e?f?g?", 0, "at most five"),
        ("covid-1*", 0, "letters and digits"),
        ("ab\\*c*", 0, "* and ?"),
        ("ab~", 0, "at least three letters"),
        ("abc~7", 0, "1 or 2"),
        ("modality:abc~", 9, "not for this field"),
        ('"a b"~3.5', 5, "number"),
        ('"a b"~51', 0, "at most 50"),
        ("a^2", 0, "weights"),
        ("/a/", 0, "regular expressions"),
        ("a && b", 2, "AND, OR and NOT"),
        ("a >5", 2, "date"),
        ("modality:[CT TO MR]", 9, "date"),
        ("study_date:2023-02-30", 11, "a day such as"),
        ("study_date:2023*", 11, "a day such as"),
        ("study_date:[2023 TO bald]", 20, "a day such as"),
        ("study_date:<0001", 12, "a day such as"),
        ("a\x00b", 1, "cannot be searched"),
        ("a\ud800", 1, "cannot be searched"),
        ("a\\", 1, "character"),
        ("'a", 0, "expected a word"),
    ],
)
def test_what_is_refused_says_where_and_what_was_expected(q: str, position: int, expected: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(q)

    assert refused.value.position == position
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    "q",
    [
        "a" * (LONGEST_QUERY + 1),
        " ".join(["a"] * (MOST_WORDS + 1)),
        "(" * 1500 + "a" + ")" * 1500,
        "NOT " * 900 + "a",
        "-" * 3999 + "a",
        "(" * 4000,
        '"' * 3999,
        "\\" * 4000,
        "~" * 4000,
        "[" * 4000,
        "a" + "*" * 3999,
        "a:" * 1999,
    ],
    ids=lambda q: q[:3],
)
def test_hostile_queries_are_refused_at_once(q: str) -> None:
    begun = time.thread_time()

    with pytest.raises(QueryRefused):
        parse(q)

    assert time.thread_time() - begun < 0.5


SIGNS = list("\"()-+*?~^:[]{}\\/<>='.ü🫁 \x00")
FRAGMENTS = st.sampled_from(
    [*SIGNS, "a", "Erguss", "AND", "OR", "NOT", "TO", "~2", "report:", "modality:", "study_date:", "2023-01-01", "&&"]
)


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(st.text(max_size=60), st.lists(FRAGMENTS, max_size=15).map("".join), st.lists(FRAGMENTS).map(" ".join))
)
def test_any_text_is_understood_or_refused_with_a_place_in_it(q: str) -> None:
    try:
        clause = parse(q)
    except QueryRefused as refused:
        place = refused.position
    else:
        place = 0
        assert meaning(q, Filters())
        assert compiled(clause, Filters())
        assert highlighting(clause, ("<", ">"))

    assert 0 <= place <= len(q)


@given(st.text())
def test_every_word_has_a_place_and_letters_in_any_case(text: str) -> None:
    assert len(spans(text)) == len(words(text))
    assert all(each for each in words(text))
    assert fold(text) == fold(text.upper()) or not text.isascii()


@pytest.mark.parametrize(
    ("q", "filters", "english", "german"),
    [
        ("", Filters(), "every study", "alle Studien"),
        (
            "pneumothorax",
            Filters(modality=("CT", "CR"), study_date_from=date(2023, 1, 1), study_date_to=date(2023, 12, 31)),
            "pneumothorax, CT or CR, 2023",
            "pneumothorax, CT oder CR, 2023",
        ),
        (
            '(a OR b) -c report:"x y"',
            Filters(),
            "(a or b) and without c and report: “x y”",
            "(a oder b) und ohne c und Befund: “x y”",
        ),
        (
            "",
            Filters(has_report=False, exclude_modality=("US",), study_date_from=date(2023, 5, 2)),
            "without US, without a report, since 2023-05-02",
            "ohne US, ohne Befund, seit 2023-05-02",
        ),
        ("study_date:2023-05 fract*", Filters(), "2023-05 and words like fract*", "2023-05 und Wörter wie fract*"),
    ],
)
def test_a_query_is_said_in_words(q: str, filters: Filters, english: str, german: str) -> None:
    assert meaning(q, filters) == english
    assert meaning(q, filters, "de") == german


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_has_a_name_in_both_languages(field: str) -> None:
    assert meaning(f"{field}:*", Filters()).startswith("with any ")
    assert meaning(f"{field}:*", Filters(), "de").startswith("mit ")
