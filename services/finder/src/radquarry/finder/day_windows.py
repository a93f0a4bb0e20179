"""Days as windows: one a day, and one a modality where the crawl names any; the newest day first."""

from collections.abc import Iterator
from datetime import date, timedelta

from radquarry.messages import CrawlRequested, FindWindow


def windows(order: CrawlRequested, start: date, end: date) -> Iterator[FindWindow]:
    """Every day from `end` back to `start`, each once."""
    modalities = tuple(dict.fromkeys(order.modalities)) or ("",)
    for age in range((end - start).days + 1):
        for modality in modalities:
            yield FindWindow.after(
                order,
                crawl_id=order.crawl_id,
                pacs=order.pacs,
                day=end - timedelta(days=age),
                modality=modality,
                study_description=order.study_description.strip(),
                institution_name=order.institution_name.strip(),
                origin=order.origin,
            )
