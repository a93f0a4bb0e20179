"""The indexer as a value."""

from functools import partial

from radquarry.batching import Batch
from radquarry.bus.port import Publish
from radquarry.index.port import Index
from radquarry.indexer.handlers import index_report, index_study, note_gone_study, note_missing_report
from radquarry.indexer.merging import merge_and_announce
from radquarry.messages import ReportFetched, ReportMissing, StudyChanged, StudyFound
from radquarry.service import Service

PARALLEL = 400
"""Messages of each type in work at once: as many as make a good bulk."""


def indexer(index: Index, publish: Publish) -> Service:
    """Study and report become one searchable document."""
    batch = Batch(partial(merge_and_announce, index=index, publish=publish), most=2 * PARALLEL)
    return Service(
        name="indexer",
        handlers={
            StudyFound: partial(index_study, merge=batch.add),
            ReportFetched: partial(index_report, merge=batch.add),
            ReportMissing: partial(note_missing_report, merge=batch.add),
            StudyChanged: partial(note_gone_study, merge=batch.add),
        },
        parallel=dict.fromkeys((StudyFound, ReportFetched, ReportMissing, StudyChanged), PARALLEL),
    )
