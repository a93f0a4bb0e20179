"""Parts commute: every order, with every repetition, gives the document that `Document.merged` gives."""

from datetime import UTC, datetime, timedelta, timezone
from functools import reduce
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radquarry.index.document import Document
from radquarry.index.parts import GonePart, MissingReportPart, Part, ReportPart, StudyPart, age
from radquarry.index.port import Index
from radquarry.messages import Report, Study

MOMENTS = st.sampled_from([datetime(2024, 1, 1, hour, tzinfo=UTC) for hour in range(3)])
VERSIONS = st.sampled_from(["", "1", "2", "10", "1.2", "1.10", "a"])
UID = "1.2.3"


def parts(uid: str = UID) -> st.SearchStrategy[Part]:
    studies = st.builds(
        lambda pacs, moment, description: StudyPart(
            pacs=pacs,
            answered_at=moment,
            study=Study(study_instance_uid=uid, study_description=description),
        ),
        st.sampled_from(["main", "other"]),
        MOMENTS,
        st.sampled_from(["", "CT", "MR"]),
    )
    reports = st.builds(
        lambda moment, version, text: ReportPart(
            study_instance_uid=uid,
            ris="ris",
            report=Report(report_id="r", text=text, issued=moment, version=version),
        ),
        MOMENTS,
        VERSIONS,
        st.sampled_from(["", "Erguss", "kein Erguss"]),
    )
    missing = st.builds(
        lambda moment, reason: MissingReportPart(study_instance_uid=uid, ris="second", reason=reason, asked_at=moment),
        MOMENTS,
        st.sampled_from(["none yet", "not linked"]),
    )
    gone = st.builds(
        lambda pacs, moment: GonePart(study_instance_uid=uid, pacs=pacs, gone_at=moment),
        st.sampled_from(["main", "other"]),
        MOMENTS,
    )
    return st.one_of(studies, reports, missing, gone)


def merged(told: list[Part], uid: str = UID) -> Document:
    return reduce(Document.merged, told, Document(study_instance_uid=uid))


@given(st.lists(parts(), max_size=8), st.data())
def test_the_order_of_parts_changes_nothing(told: list[Part], data: st.DataObject) -> None:
    another_order = data.draw(st.permutations([*told, *told[: len(told) // 2]]))

    assert merged(list(another_order)) == merged(told)


@given(parts(), parts())
def test_of_two_parts_of_a_kind_one_is_kept_for_a_reason(one: Part, other: Part) -> None:
    if one.kind == other.kind != "gone":
        assert merged([one, other]) == merged([max(one, other, key=age)])


def test_an_age_is_a_moment_whatever_its_time_zone() -> None:
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    swiss = noon.astimezone(timezone(timedelta(hours=1)))
    study = Study(study_instance_uid=UID)
    ages = [age(StudyPart(pacs="main", study=study, answered_at=moment)) for moment in (noon, swiss)]

    assert ages[0].split()[0] == ages[1].split()[0]
    assert (
        age(StudyPart(pacs="main", study=study, answered_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))))
        < ages[0]
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
async def test_a_store_keeps_what_the_reference_keeps(index: Index, data: st.DataObject) -> None:
    uid = f"1.2.{uuid4().int}"
    told = data.draw(st.lists(parts(uid), max_size=6))
    again = list(data.draw(st.permutations([*told, *told[:2]])))
    middle = data.draw(st.integers(0, len(again)))

    await index.merge(again[:middle])
    await index.merge(again[middle:])

    assert await index.get(uid) == (merged(told, uid) if told else None)
