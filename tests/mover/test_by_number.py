"""What an order knows of a study by number is believed only when the PACS's own count and what came say the same."""

from collections import Counter
from pathlib import Path

from radquarry.messages import ListedSeries, WantedStudy
from tests.mover.retrieving import Ward, small_hospital, ward


def known(it: Ward, study: str, *, fewer: int = 0) -> WantedStudy:
    """The study as a crawl found it, when its last series held `fewer` instances."""
    series = Counter(uid.rpartition(".")[0] for uid in it.instances(study))
    *others, last = sorted(series)
    counted = {**{uid: series[uid] for uid in others}, last: series[last] - fewer}
    listed = [ListedSeries(series_instance_uid=uid, number_of_series_related_instances=counted[uid]) for uid in counted]
    return WantedStudy(study_instance_uid=study, pacs="main", series=tuple(listed))


def largest(it: Ward) -> str:
    return max(it.uids, key=lambda uid: len(it.instances(uid)))


def asked(it: Ward) -> list[str]:
    """The levels of what the PACS was asked."""
    return [str(entry.detail["level"]) for entry in it.hospital.traffic.entries("c-find")]


async def test_a_study_that_is_as_it_was_found_is_moved_and_not_asked_for(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        study = largest(it)

        end = await it.heard.end(await it.order_of(known(it, study)))

        assert (end.state, end.expected, end.received) == ("complete", *[len(it.instances(study))] * 2)
        assert asked(it) == []
        assert {one.sop_instance_uid for one in it.heard.of(study)[-1].instances} == it.instances(study)
        assert {one.ordered for one in it.heard.of(study)[-1].instances} == {1}


async def test_a_study_that_has_grown_since_is_asked_for_by_name_and_is_whole(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        study = largest(it)

        end = await it.heard.end(await it.order_of(known(it, study, fewer=1)))

        assert (end.state, end.expected, end.received) == ("complete", *[len(it.instances(study))] * 2)
        assert "IMAGE" in asked(it)
        assert len(it.hospital.traffic.entries("c-store")) == len(it.instances(study))


async def test_of_a_study_that_has_shrunk_since_no_more_is_expected_than_there_is(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        study = largest(it)

        end = await it.heard.end(await it.order_of(known(it, study, fewer=-3)))

        assert (end.state, end.expected, end.received) == ("complete", *[len(it.instances(study))] * 2)


async def test_lost_instances_are_named_though_the_order_only_knew_their_number(tmp_path: Path) -> None:
    async with ward(small_hospital(lost_instances=2, lost_asks=1000), tmp_path) as it:
        study = largest(it)

        end = await it.heard.end(await it.order_of(known(it, study)))
        last = it.heard.of(study)[-1]

        assert (end.state, end.expected - end.received) == ("incomplete", 2)
        assert {one.sop_instance_uid for one in last.instances} == it.instances(study)
        assert sum(not one.received for one in last.instances) == 2


async def test_a_study_that_is_gone_since_is_said_to_be_gone(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        gone = ListedSeries(series_instance_uid="1.2.3.1", number_of_series_related_instances=4)

        end = await it.heard.end(
            await it.order_of(WantedStudy(study_instance_uid="1.2.3", pacs="main", series=(gone,)))
        )

        assert end.state == "incomplete"
        assert "does not hold this study" in it.heard.of("1.2.3")[-1].problem


async def test_what_is_here_is_not_fetched_again_for_an_order_that_knows_numbers(tmp_path: Path) -> None:
    async with ward(small_hospital(), tmp_path) as it:
        study = largest(it)
        await it.heard.end(await it.order_of(known(it, study)))
        sent = len(it.hospital.traffic.entries("c-store"))

        end = await it.heard.end(await it.order_of(known(it, study)))

        assert (end.state, end.received) == ("complete", len(it.instances(study)))
        assert len(it.hospital.traffic.entries("c-store")) == sent
        assert len(it.hospital.traffic.entries("c-move")) == 1
