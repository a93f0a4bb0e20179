"""The failure desk before anything is put aside: what is still tried again is told."""

import httpx

from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk


async def test_what_is_tried_again_by_itself_is_told_where_nothing_has_failed_yet(
    desk: ShownDesk, browse: httpx.AsyncClient
) -> None:
    assert "another try" not in page_of(await browse.get("/failures")).text
    desk.failures.waiting = 3

    page = page_of(await browse.get("/failures"))

    assert "3 pieces of work wait for another try, which comes by itself." in page.text
    assert "Nothing failed" in page.text
