"""Every search store keeps what it is told; each test runs on the embedded one and on OpenSearch."""

import asyncio
from datetime import date

import pytest

from radquarry.index.document import Document, Filters, Query
from radquarry.index.port import Index, PartsRefused
from tests.contracts.indexes import found, missing, report, series, shown, study, uid


async def test_what_is_merged_can_be_found_at_once(index: Index) -> None:
    await index.merge([study(1), report(1, "Pneumothorax links.")])

    page = await index.search(Query(q="pneumothorax"))

    assert page.total == 1
    assert page.hits[0].document == await index.get(uid(1))
    assert page.hits[0].document.report == report(1, "Pneumothorax links.").report
    assert await index.count() == 1


async def test_an_empty_store_answers(index: Index) -> None:
    assert (await index.search(Query(q="thorax"))).total == 0
    assert await index.get(uid(1)) is None
    assert list(await index.timeline("P1", "main")) == []
    assert [document async for document in index.scan(Query())] == []
    assert await index.count() == 0
    await index.merge([])


async def test_a_document_comes_back_as_it_went_in(index: Index) -> None:
    whole = study(
        1,
        series=(
            series(1, modality="CT", series_number=3, series_description="Lunge 1mm", body_part_examined="CHEST"),
            series(2),
        ),
        patient_birth_date=date(1950, 2, 3),
        number_of_study_related_instances=412,
        referring_physician_name="Hausarzt^Beat",
        patient_age="074Y",
    )
    told = report(1, "Über 3 mm.\n\tZeile <b>zwei</b>", version="2", performer="Dr. med. A", status="final")

    await index.merge([whole, told])

    expected = Document(study_instance_uid=uid(1)).merged(whole).merged(told)
    assert await index.get(uid(1)) == expected


async def test_a_report_without_its_study_waits_for_it(index: Index) -> None:
    await index.merge([report(1, "Erguss")])
    assert await found(index, "erguss") == {1}

    await index.merge([study(1)])

    assert await found(index, "erguss description:thorax") == {1}
    assert await index.count() == 1


async def test_an_older_answer_never_wins(index: Index) -> None:
    await index.merge([study(1, later=2, study_description="new"), report(1, "neu", later=2)])
    await index.merge([study(1, later=1, study_description="old"), report(1, "alt", later=1), missing(1, later=3)])

    held = await index.get(uid(1))

    assert held is not None
    assert held.study is not None
    assert (held.study.study_description, held.report and held.report.text) == ("new", "neu")
    assert held.report_missing == ""


async def test_a_missing_report_is_noted_until_it_comes(index: Index) -> None:
    await index.merge([study(1), missing(1, reason="asked for and not there")])
    before = await index.get(uid(1))
    await index.merge([report(1)])
    after = await index.get(uid(1))

    assert before is not None
    assert after is not None
    assert (before.report_missing, after.report_missing) == ("asked for and not there", "")


async def test_of_two_versions_issued_at_once_the_higher_wins(index: Index) -> None:
    await index.merge([report(1, "ten", version="10")])
    await index.merge([report(1, "nine", version="9")])

    held = await index.get(uid(1))

    assert held is not None
    assert held.report is not None
    assert held.report.text == "ten"


async def test_a_part_that_can_never_be_kept_stops_no_other(index: Index) -> None:
    with pytest.raises(PartsRefused) as refused:
        await index.merge([study(1), study(2, study_instance_uid=""), study(3), study(4, study_instance_uid="x" * 200)])

    assert sorted(refused.value.reasons) == [1, 3]
    assert await found(index, "") == {1, 3}


async def test_many_writers_at_once_lose_nothing(index: Index) -> None:
    await asyncio.gather(*(index.merge([part]) for n in range(8) for part in (study(n), report(n), missing(n))))

    assert await found(index, "report:* description:*") == set(range(8))


async def test_a_huge_report_and_an_empty_one_are_kept(index: Index) -> None:
    huge = "Pneumothorax am Anfang. " + "Unauffälliger Befund der Lunge. " * 160_000 + "Schlusswort."
    await index.merge([study(1), report(1, huge), study(2), report(2, ""), study(3), report(3, "x" * 100_000)])

    page = await index.search(Query(q="pneumothorax"))

    assert shown(page) == ["Pneumothorax"]
    assert await found(index, "schlusswort") == {1}
    assert await found(index, "", filters=Filters(has_report=True)) == {1, 2, 3}
    held = await index.get(uid(1))
    assert held is not None
    assert held.report is not None
    assert held.report.text == huge


async def test_odd_values_are_kept(index: Index) -> None:
    odd = study(
        1,
        patient_name="山田^太郎",
        institution_name="H" * 2000,
        study_description="a\x00b \ud7ff 🫁 'quote\"",
        accession_number="A/1 (2) *",
        study_date=date(1, 1, 1),
        patient_id="  P 1 ",
    )
    await index.merge([odd, report(1, "🫁 Lunge\x00links")])

    assert (await index.get(uid(1))) == Document(study_instance_uid=uid(1)).merged(odd).merged(
        report(1, "🫁 Lunge\x00links")
    )
    assert await found(index, "patient_name:山田") == {1}
    assert await found(index, 'accession_number:"a/1 (2) *"') == {1}
    assert await found(index, 'patient_id:"p 1"') == {1}


async def test_five_thousand_documents_are_counted_and_found(index: Index) -> None:
    for first in range(0, 5000, 1000):
        await index.merge([study(n) for n in range(first, first + 1000)])
    await index.merge([report(n, f"Befund nummer{n}") for n in range(0, 5000, 100)])

    assert await index.count() == 5000
    assert (await index.search(Query(filters=Filters(has_report=True)))).total == 50
    assert await found(index, "nummer4900") == {4900}
    assert sum((await index.search(Query(limit=0))).months.values()) == 5000
