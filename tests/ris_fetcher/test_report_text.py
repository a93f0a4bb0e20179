"""Text from whatever a RIS calls text."""

import sys
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radquarry.ris_fetcher.report_text import Unreadable, plain_text, text_of_html, tidy

BOMBS = {
    "declarations": "<?xml" * 200_000,
    "comments": "<!--" * 100_000,
    "unclosed tags": "<" * 300_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">x",
    "list items": "<ol>" + "<li>x" * 100_000,
    "rows as wide as a cell": "<table><tr><td>" + "a" * 100_000 + "</td></tr>" + "<tr><td>b" * 9_000 + "</table>",
    "indents": "<div style='padding-left: 99999999em'>" + "x<br>" * 5_000 + "</div>",
    "margins": "<p style='margin-top: 99999999em'>x</p>" * 300,
    "depth": "<div>" * 15_000 + "x",
    "too much": "x" * 2_000_000 + "<p>",
}

fragments = st.sampled_from(
    ["<p>", "</p>", "<script>", "<", "&amp;", "&#0;", "<table><tr><td>", "<!--", "]]>", "ü", " x "]
)


@given(st.lists(fragments).map("".join) | st.text())
def test_no_markup_makes_it_fail_otherwise(markup: str) -> None:
    with suppress(Unreadable):
        text = text_of_html(markup)
        assert text == tidy(text)


@given(
    st.binary(max_size=200), st.sampled_from(["", "text/plain", "text/plain; charset=utf-16", "text/html; charset=x"])
)
def test_no_bytes_make_it_fail_otherwise(content: bytes, content_type: str) -> None:
    with suppress(Unreadable):
        assert "\0" not in plain_text(content, content_type)


@given(st.text())
def test_tidying_twice_is_tidying_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("markup", BOMBS.values(), ids=BOMBS)
def test_a_bomb_of_html_costs_neither_time_nor_memory(markup: str) -> None:
    tracemalloc.start()
    try:
        with suppress(Unreadable):
            assert len(text_of_html(markup)) <= len(markup)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


def test_tags_that_nobody_closed_cost_no_text() -> None:
    markup = "<p>Befund:</p>" + "<font><b>Rundherd " * 150 + "<p>Kein Pneumothorax.</p>"

    assert text_of_html(markup).endswith("Kein Pneumothorax.")


def test_embedded_pictures_do_not_count() -> None:
    picture = "<img src='data:image/png;base64," + "iVBORw0KGgo" * 200_000 + "'>"

    assert text_of_html(f"<p>Befund</p>{picture}<p>Ende</p>").split() == ["Befund", "Ende"]


def test_what_is_hidden_is_not_read_and_a_table_is_laid_out() -> None:
    hidden = "<p style='color: red; display: none'>x</p>"
    table = "<table><tr><td>A</td><td>B</td></tr><tr><td>CC</td><td>D</td></tr></table>"

    assert text_of_html(hidden + table) == "A   B\nCC  D"


@pytest.mark.parametrize("charset", ["undefined", "punycode", "idna", "unicode_escape", "rot13", "zlib", "hex", "none"])
def test_a_charset_that_is_none_is_not_used(charset: str) -> None:
    assert plain_text("Lösung".encode(), f"text/plain; charset={charset}") == "Lösung"


@pytest.mark.parametrize("text", ["Befund\ud800", "\udcffBefund", "Be\x00fund"])
def test_half_a_character_costs_nothing_else(text: str) -> None:
    assert tidy(text) == text_of_html(text) == "Befund"


@pytest.fixture
def restless_threads() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_reports_read_at_the_same_time_keep_to_themselves(restless_threads: None) -> None:
    patients = [f"Befund{number}" for number in range(1000)]

    with ThreadPoolExecutor(8) as threads:
        texts = list(threads.map(lambda name: text_of_html(f"{name} <b>{name}</b> " * 8), patients))

    assert [set(text.split()) for text in texts] == [{name} for name in patients]
