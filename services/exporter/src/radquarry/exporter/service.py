"""The exporter as a value."""

from functools import partial

from radquarry.exporter.delivery.closing import close_deliveries
from radquarry.exporter.delivery.gathering import Gathering, gather_studies
from radquarry.exporter.delivery.hearing import Hearing
from radquarry.exporter.delivery.means import Means
from radquarry.exporter.delivery.workers import workers
from radquarry.exporter.files.means import FilesMeans
from radquarry.exporter.files.working import remove_files, work_on_files
from radquarry.exporter.handlers import (
    cancel,
    cancel_files,
    hear_of_end,
    hear_of_study,
    retry,
    take_files,
    take_order,
)
from radquarry.messages import (
    CancelDelivery,
    CancelFiles,
    ConvertFiles,
    DeidentifyFiles,
    DeliveryRequested,
    PreviewFiles,
    ResolvePseudonyms,
    RetrievalCompleted,
    RetrievalProgressed,
    RetryDelivery,
)
from radquarry.service import Service

HEARING_PARALLEL = 4


def exporter(means: Means, hearing: Hearing, gathering: Gathering, files: FilesMeans) -> Service:
    """Orders are written down by the handlers and worked off by the loops."""
    return Service(
        name="exporter",
        handlers={
            DeliveryRequested: partial(take_order, means=means, gathering=gathering),
            CancelDelivery: partial(cancel, means=means),
            RetryDelivery: partial(retry, means=means, gathering=gathering),
            RetrievalProgressed: partial(hear_of_study, hearing=hearing, gathering=gathering, bell=means.bell),
            RetrievalCompleted: partial(hear_of_end, hearing=hearing, gathering=gathering, bell=means.bell),
            ResolvePseudonyms: partial(means.resolving.answer, publish=means.publish),
            DeidentifyFiles: partial(take_files, jobs=files.jobs, bell=files.bell),
            PreviewFiles: partial(take_files, jobs=files.jobs, bell=files.bell),
            ConvertFiles: partial(take_files, jobs=files.jobs, bell=files.bell),
            CancelFiles: partial(cancel_files, jobs=files.jobs, bell=files.bell),
        },
        loops=(
            partial(gather_studies, gathering, means.bell, means.patience),
            *workers(means),
            partial(close_deliveries, means),
            partial(work_on_files, files, (DeidentifyFiles, ConvertFiles)),
            partial(work_on_files, files, (PreviewFiles,)),  # nobody waits for the work of others to look at one file
            partial(remove_files, files),
        ),
        parallel={RetrievalProgressed: HEARING_PARALLEL},
    )
