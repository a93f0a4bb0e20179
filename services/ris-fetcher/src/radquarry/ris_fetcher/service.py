"""The ris-fetcher as a value."""

from collections.abc import Sequence
from functools import partial

from radquarry.bus.port import Publish
from radquarry.messages import StudyFound
from radquarry.ris_fetcher.handlers import ask_again, fetch_report
from radquarry.ris_fetcher.missing import Missing
from radquarry.ris_fetcher.ris import Ris
from radquarry.service import Service


def ris_fetcher(sources: Sequence[Ris], missing: Missing, publish: Publish, parallel: int) -> Service:
    """`parallel`: studies in work at once; each RIS bounds its own requests besides."""
    return Service(
        name="ris-fetcher",
        handlers={StudyFound: partial(fetch_report, sources=sources, missing=missing, publish=publish)},
        loops=(partial(ask_again, sources=sources, missing=missing, publish=publish),),
        parallel={StudyFound: parallel},
    )
