"""A crawl in days: one window a day, and one a modality where the crawl names any; the newest day first."""

import re
from collections.abc import Iterator
from datetime import timedelta

from radquarry.errors import Permanent
from radquarry.messages import CrawlRequested, FindWindow

MOST_DAYS = 200 * 366
MODALITY = re.compile(r"[A-Z0-9_]{1,16}")


class CrawlRefused(Permanent):
    """The crawl cannot be asked for like this."""


def check(order: CrawlRequested) -> None:
    """Raises `CrawlRefused` with what to mend."""
    days = (order.end_date - order.start_date).days + 1
    if days < 1:
        raise CrawlRefused(f"start_date {order.start_date} lies after end_date {order.end_date}")
    if days > MOST_DAYS:
        raise CrawlRefused(f"{order.start_date} to {order.end_date} is more than 200 years: ask for less at once")
    if not all(MODALITY.fullmatch(modality) for modality in order.modalities):
        raise CrawlRefused("modalities are defined terms such as CT or MR, without wildcards")


def windows(order: CrawlRequested) -> Iterator[FindWindow]:
    """Every day from `end_date` back to `start_date`, each once."""
    modalities = tuple(dict.fromkeys(order.modalities)) or ("",)
    for age in range((order.end_date - order.start_date).days + 1):
        for modality in modalities:
            yield FindWindow.after(
                order,
                crawl_id=order.crawl_id,
                pacs=order.pacs,
                day=order.end_date - timedelta(days=age),
                modality=modality,
            )
