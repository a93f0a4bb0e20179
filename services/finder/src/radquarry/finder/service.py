"""The finder as a value."""

from functools import partial

from radquarry.bus.port import Publish
from radquarry.dicom.load import Load
from radquarry.finder.controls import echo_pacs, start_pacs, stop_pacs
from radquarry.finder.handlers import Archives, cancel_crawl, find_window, plan_crawl
from radquarry.finder.ledger import Ledger
from radquarry.messages import CancelCrawl, CrawlRequested, EchoPacs, FindWindow, StartPacs, StopPacs
from radquarry.service import Service


def finder(archives: Archives, load: Load, ledger: Ledger, publish: Publish, windows_at_once: int) -> Service:
    """Asks each PACS in `archives` what exists, `windows_at_once` days at a time."""
    return Service(
        name="finder",
        handlers={
            CrawlRequested: partial(plan_crawl, archives=archives, ledger=ledger, publish=publish),
            FindWindow: partial(find_window, archives=archives, ledger=ledger, publish=publish),
            CancelCrawl: partial(cancel_crawl, ledger=ledger, publish=publish),
            EchoPacs: partial(echo_pacs, archives=archives, publish=publish),
            StopPacs: partial(stop_pacs, archives=archives, load=load, publish=publish),
            StartPacs: partial(start_pacs, archives=archives, load=load, publish=publish),
        },
        parallel={FindWindow: windows_at_once, EchoPacs: 4},
    )
