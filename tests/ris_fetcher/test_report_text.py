"""Text from whatever a RIS calls text."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from radquarry.ris_fetcher.report_text import Unreadable, plain_text, text_of_html, tidy

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
