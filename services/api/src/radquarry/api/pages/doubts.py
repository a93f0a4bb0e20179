"""Why what was not found may be there all the same: days of a search that are not known to their end."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from radquarry.api.coverage_reach import PacsReach, Reach
from radquarry.api.pages.frame import Notice
from radquarry.api.searched_days import SearchedDays


def doubts(reach: Reach, searched: SearchedDays) -> tuple[Notice, ...]:
    """A notice for each PACS with such days; nothing as long as no PACS was ever asked."""
    if all(each.start_date is None for each in reach.pacs):
        return ()
    return tuple(_notices(reach, searched.modalities))


def _notices(reach: Reach, modalities: frozenset[str]) -> Iterator[Notice]:
    for each in reach.pacs:
        if each.start_date is None:
            yield Notice("strip.never_asked", {"pacs": each.pacs}, _calendar(each.pacs))
        elif each.gaps or each.unseen:
            yield _notice(each, modalities)


def _notice(reach: PacsReach, modalities: frozenset[str]) -> Notice:
    values: dict[str, object] = {"pacs": reach.pacs, "n": reach.gaps + reach.unseen}
    key = "strip.unseen" if not reach.gaps else "strip.gaps"
    if reach.gaps and reach.unseen:
        key, values = "strip.gaps_unseen", values | {"gaps": reach.gaps, "unseen": reach.unseen}
    range_of: dict[str, object] = {"start_date": reach.start_date, "end_date": reach.end_date}
    if len(modalities) == 1:
        range_of["modality"] = next(iter(modalities))
    return Notice(key, values, f"{_calendar(reach.pacs)}?{urlencode(range_of)}")


def _calendar(pacs: str) -> str:
    return f"/coverage/{quote(pacs, safe='')}"
