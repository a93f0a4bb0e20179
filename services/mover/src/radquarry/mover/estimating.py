"""Answers what a retrieval would bring and take, under the limits that hold now."""

from collections import defaultdict
from datetime import timedelta

from radquarry.bus.port import Publish
from radquarry.configuration.week import Hours
from radquarry.dicom.load_standing import Standing
from radquarry.messages import EstimateRetrieval, PacsEstimate, PlannedStudy, RetrievalEstimated
from radquarry.mover.duration import Both, end_of
from radquarry.mover.estimate import Reckoning, reckon
from radquarry.mover.means import Means
from radquarry.mover.sizes import ASSUMED_RATE, Sizes

HOUR = timedelta(hours=1)
STUDY_SECONDS = 0.5
"""What a study takes beside the transfer of its images."""
REQUESTS_OF_STUDY = 2
"""C-FIND of its series, C-MOVE; and a C-FIND for each series."""


async def estimate(order: EstimateRetrieval, *, means: Means, publish: Publish) -> None:
    """Reckon, and say so."""
    sizes, rates, free = await means.experience.sizes(), await means.experience.rates(), await means.room.free()
    here = await means.ledger.here([study.study_instance_uid for study in order.studies])
    whole = reckon(order.studies, order.choice, here, sizes)
    problems = list(_doubts(order, whole, sizes))
    of_pacs = []
    by_pacs: defaultdict[str, list[PlannedStudy]] = defaultdict(list)
    for study in order.studies:
        by_pacs[study.pacs].append(study)
    for pacs in sorted(by_pacs):
        if pacs not in {standing.pacs for standing in means.load.all()}:
            problems.append(f"no PACS is called {pacs}: {len(by_pacs[pacs])} studies cannot be fetched")
            continue
        if pacs not in rates:
            problems.append(f"how fast {pacs} sends is not known yet: {ASSUMED_RATE / 1e6:.0f} MB a second are assumed")
        sums = reckon(by_pacs[pacs], order.choice, here, sizes)
        standing = await means.load.standing(pacs)
        of_pacs.append(_of_pacs(standing, sums, rates.get(pacs, ASSUMED_RATE), order, means))
    lack = await means.room.lack(whole.bytes_to_fetch)
    ends = [one.ends_at for one in of_pacs]
    last = max((end for end in ends if end is not None), default=None) if None not in ends else None
    await publish(
        RetrievalEstimated.after(
            order,
            studies=whole.studies,
            series=whole.series,
            instances=whole.instances,
            bytes=round(whole.bytes),
            instances_here=whole.instances_here,
            instances_to_fetch=whole.instances - whole.instances_here,
            bytes_to_fetch=round(whole.bytes_to_fetch),
            free_bytes=free,
            fits=not lack,
            hours=(last - means.clock()) / HOUR if last is not None else None,
            ends_at=last,
            of_pacs=tuple(of_pacs),
            problems=(*problems, lack) if lack else tuple(problems),
        )
    )


def _of_pacs(standing: Standing, sums: Reckoning, rate: float, order: EstimateRetrieval, means: Means) -> PacsEstimate:
    limits, begin = standing.limits, max(means.clock(), order.not_before or means.clock())
    seconds = sums.studies * STUDY_SECONDS + sums.bytes_to_fetch / rate
    work = timedelta(seconds=seconds / limits.associations)
    if limits.studies_per_hour is not None:
        work = max(work, HOUR * sums.studies / limits.studies_per_hour)
    if limits.requests_per_hour is not None:
        requests = sums.studies * REQUESTS_OF_STUDY + sums.series
        work = max(work, HOUR * requests / limits.requests_per_hour)
    hours = Both(Hours(limits.windows, limits.holidays, means.zone), Hours(order.windows, (), means.zone))
    ends_at = None if standing.is_stopped else end_of(work, begin, hours)
    return PacsEstimate(
        pacs=standing.pacs,
        studies=sums.studies,
        bytes_to_fetch=round(sums.bytes_to_fetch),
        work_hours=work / HOUR,
        ends_at=ends_at,
    )


def _doubts(order: EstimateRetrieval, sums: Reckoning, sizes: Sizes) -> list[str]:
    said = [f"{count} studies are left out: the PACS does not tell {what}" for what, count in sums.not_told.items()]
    if sums.unknown:
        said.append(f"how many images {sums.unknown} studies have is not known: they count as the mean of the others")
    if assumed := sorted(sums.modalities - set(sizes.learnt)):
        named = ", ".join(one or "no modality" for one in assumed)
        said.append(f"no image of {named} has come yet: usual sizes are assumed")
    if order.choice.thinnest_axial:
        said.append("which series is the thinnest axial one shows at the PACS: all that may be it are counted")
    if order.priors is not None:
        said.append("priors are found when their study is retrieved, and are not counted")
    return said
