"""The ris-fetcher as a value."""

from functools import partial

from radquarry.bus.port import Publish
from radquarry.messages import CrawlRequested, StudyFound
from radquarry.ris_fetcher.crawl_lists import check_queries, list_rows
from radquarry.ris_fetcher.handlers import ask_again, fetch_report
from radquarry.ris_fetcher.listings import Listings
from radquarry.ris_fetcher.missing import Missing
from radquarry.ris_fetcher.ris import Sources
from radquarry.service import Service


def ris_fetcher(sources: Sources, missing: Missing, listings: Listings, publish: Publish, parallel: int) -> Service:
    """`parallel`: studies in work at once; each RIS bounds its own requests besides."""
    listed = partial(list_rows, sources=sources, listings=listings, publish=publish)
    return Service(
        name="ris-fetcher",
        handlers={
            StudyFound: partial(fetch_report, sources=sources.all, missing=missing, publish=publish),
            CrawlRequested: listed,
        },
        loops=(
            partial(ask_again, sources=sources.all, missing=missing, publish=publish),
            partial(check_queries, lists=sources.lists.values()),
        ),
        parallel={StudyFound: parallel},
    )
