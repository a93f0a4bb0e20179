"""The load of a PACS on its page: the painted week, hours to the minute, limits and slips."""

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from radquarry.api.archive_views import HeldLimits
from radquarry.api.pages.week import cells, lines, painted
from radquarry.configuration.week import WeekWindows
from radquarry.messages import LoadLimits
from tests.api.pages.reading import Page, page_of
from tests.doubles.shown_archives import LIMITS, NIGHTS, NOW, archive
from tests.doubles.shown_desk import ShownDesk


def form_of(page: Page) -> dict[str, object]:
    """What a browser sends when nothing of the form for the load was touched."""
    boxes = page.all("input", name="hours")
    fields = {name: page.all("input", name=name)[0]["value"] for name in ("associations", "requests_per_hour")}
    return {
        **fields,
        "studies_per_hour": page.all("input", name="studies_per_hour")[0]["value"],
        "hours": [box["value"] for box in boxes if "checked" in box],
        "windows": "\n".join(NIGHTS.lines),
        "holidays": "2025-12-25",
    }


async def test_a_week_is_painted_without_script(limited: ShownDesk, browse: httpx.AsyncClient):
    page = page_of(await browse.get("/pacs/main"))
    boxes = page.all("input", name="hours", type="checkbox")
    assert [box["aria-label"] for box in boxes[:2]] == ["Mon 0–1", "Mon 1–2"]
    shut = {int(box["value"]) for box in boxes if "checked" not in box}
    assert shut == {*range(20), *(day * 24 + hour for day in range(1, 5) for hour in range(8, 20))}

    typed = form_of(page) | {"associations": "3", "requests_per_hour": "7 200", "studies_per_hour": ""}
    typed["hours"] = [value for value in form_of(page)["hours"] if int(value) < 5 * 24]  # no week-end any more
    response = await browse.post("/pacs/main/load", data=typed)

    assert (response.status_code, response.headers["location"]) == (303, "/pacs/main?done=limits")
    assert limited.archives.limits == [
        LIMITS.model_copy(
            update={
                "associations": 3,
                "requests_per_hour": 7200,
                "studies_per_hour": None,
                "windows": WeekWindows(["mon-thu 20:00-08:00", "fri 20:00-24:00"]),
            }
        )
    ]


async def test_what_was_not_touched_stays_to_the_minute(limited: ShownDesk, browse: httpx.AsyncClient):
    exact = WeekWindows(["mon-fri 20:30-07:15"])
    limited.archives.views = [archive(load=HeldLimits(replace_windows(exact)))]
    page = page_of(await browse.get("/pacs/main"))
    assert "mon-fri 20:30-07:15" in page.text
    assert len(page.all("input", name="hours", class_="part")) == 2 * 5

    await browse.post("/pacs/main/load", data=form_of(page) | {"windows": "mon-fri 20:30-07:15"})

    assert limited.archives.limits[-1] is not None
    assert limited.archives.limits[-1].windows.lines == exact.lines


def replace_windows(windows: WeekWindows) -> LoadLimits:
    return LIMITS.model_copy(update={"windows": windows})


async def test_hours_can_be_written_to_the_minute(limited: ShownDesk, browse: httpx.AsyncClient):
    typed = form_of(page_of(await browse.get("/pacs/main")))

    await browse.post("/pacs/main/load", data=typed | {"windows": "mon-fri 21:10-05:55\nsat 06:00-07:00"})
    await browse.post("/pacs/main/load", data=typed | {"windows": ""})

    assert [limits.windows.lines for limits in limited.archives.limits if limits] == [
        ("mon-fri 21:10-05:55", "sat 06:00-07:00"),
        (),
    ]


@pytest.mark.parametrize(
    ("slip", "sentence"),
    [
        ({"associations": "0"}, "Associations: a whole number from 1 to 64."),
        ({"associations": "65"}, "Associations: a whole number from 1 to 64."),
        ({"associations": "two"}, "Associations: a whole number from 1 to 64."),
        ({"requests_per_hour": "-5"}, "Requests and studies an hour: a whole number"),
        ({"studies_per_hour": "1e3"}, "Requests and studies an hour: a whole number"),
        ({"hours": []}, "No hour is left in which anything may be asked."),
        ({"holidays": "25.13.2025"}, "Holidays: one day a line, as 2025-12-25"),
        ({"windows": "at night"}, "Hours to the minute: one window a line"),
        ({"windows": "mon 20:00-24:00", "hours": ["0"]}, "Hours were painted and written as well."),
        ({"windows": "\n".join(["mon 20:00-24:00"] * 201)}, "At most 200 windows"),
    ],
)
async def test_a_slip_is_told_beside_what_was_typed(
    limited: ShownDesk, browse: httpx.AsyncClient, slip: dict[str, object], sentence: str
):
    typed = form_of(page_of(await browse.get("/pacs/main")))
    response = await browse.post("/pacs/main/load", data=typed | {"holidays": "2025-12-24"} | slip)
    page = page_of(response)
    assert response.status_code == 422
    assert sentence in page.text
    assert limited.archives.limits == []
    kept = {str(value) for value in slip.values() if isinstance(value, str) and "\n" not in value}
    assert all(value in response.text for value in kept)


async def test_limits_go_back_to_the_configuration(limited: ShownDesk, browse: httpx.AsyncClient):
    held = HeldLimits(LIMITS, is_configured=False, changed_by="ada", changed_at=NOW)
    limited.archives.views = [archive(load=held)]
    page = page_of(await browse.get("/pacs/main"))
    assert "Changed here, instead of the configuration: 02 Jun 2025 11:30, ada" in page.text
    response = await browse.post("/pacs/main/load/configured")
    assert response.headers["location"] == "/pacs/main?done=configured"
    assert limited.archives.limits == [None]


stretches = some.lists(
    some.tuples(some.integers(0, 7 * 24 * 60 - 1), some.integers(1, 2 * 24 * 60)), min_size=0, max_size=9
)


@settings(max_examples=50, deadline=None)
@given(stretches)
def test_the_lines_of_a_week_are_open_in_exactly_its_minutes(opened: list[tuple[int, int]]):
    minutes = bytearray(7 * 24 * 60)
    for begin, length in opened:
        for minute in range(begin, begin + length):
            minutes[minute % len(minutes)] = 1
    if any(minutes):
        assert WeekWindows(tuple(lines(bytes(minutes)))).open_minutes == bytes(minutes)


@settings(max_examples=50, deadline=None)
@given(some.sets(some.integers(0, 7 * 24 - 1), min_size=1), stretches)
def test_painting_changes_the_hours_that_were_painted_and_no_other(hours: set[int], opened: list[tuple[int, int]]):
    minutes = bytearray(7 * 24 * 60)
    for begin, length in opened:
        minutes[begin : begin + min(length, len(minutes) - begin)] = b"\1" * min(length, len(minutes) - begin)
    before = WeekWindows(tuple(lines(bytes(minutes))))
    was = {cell.value for cell in cells(before) if cell.is_open}

    after, earlier = painted(before, hours).open_minutes, before.open_minutes

    for hour in range(7 * 24):
        now, then = after[hour * 60 : hour * 60 + 60], earlier[hour * 60 : hour * 60 + 60]
        if (hour in hours) == (hour in was):
            assert now == then
        else:
            assert set(now) == {int(hour in hours)}
