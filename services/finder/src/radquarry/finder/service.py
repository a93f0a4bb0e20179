"""The finder as a value."""

from functools import partial

from radquarry.bus.port import Publish
from radquarry.dicom.load import Load
from radquarry.finder.controls import echo_pacs, limit_pacs, say_limits, say_traffic, start_pacs, stop_pacs
from radquarry.finder.handlers import Archives, cancel_crawl, find_window, plan_crawl, resume_crawl
from radquarry.finder.ledger import Ledger
from radquarry.finder.list_handlers import find_queries, find_rows, plan_rows
from radquarry.messages import (
    CancelCrawl,
    CrawlRequested,
    EchoPacs,
    FindQueries,
    FindRows,
    FindWindow,
    LimitPacs,
    ResumeCrawl,
    RowsListed,
    StartPacs,
    StopPacs,
)
from radquarry.service import Service


def finder(archives: Archives, load: Load, ledger: Ledger, publish: Publish, windows_at_once: int) -> Service:
    """Asks each PACS in `archives` what exists, `windows_at_once` days at a time."""
    return Service(
        name="finder",
        handlers={
            CrawlRequested: partial(plan_crawl, archives=archives, ledger=ledger, publish=publish),
            FindWindow: partial(find_window, archives=archives, ledger=ledger, publish=publish),
            RowsListed: partial(plan_rows, archives=archives, ledger=ledger, publish=publish),
            FindRows: partial(find_rows, archives=archives, ledger=ledger, publish=publish),
            FindQueries: partial(find_queries, archives=archives, ledger=ledger, publish=publish),
            CancelCrawl: partial(cancel_crawl, ledger=ledger, publish=publish),
            ResumeCrawl: partial(resume_crawl, ledger=ledger, publish=publish),
            EchoPacs: partial(echo_pacs, archives=archives, publish=publish),
            StopPacs: partial(stop_pacs, archives=archives, load=load, publish=publish),
            StartPacs: partial(start_pacs, archives=archives, load=load, publish=publish),
            LimitPacs: partial(limit_pacs, archives=archives, load=load, publish=publish),
        },
        loops=(partial(say_limits, load, publish), partial(say_traffic, load, publish)),
        parallel={FindWindow: windows_at_once, FindRows: windows_at_once, FindQueries: windows_at_once, EchoPacs: 4},
    )
