"""Filters and counts, on every search store."""

from datetime import date

from radquarry.index.document import Filters, Query
from radquarry.index.port import Index
from tests.contracts.indexes import found, report, study


async def test_filters_hold_together_and_any_value_within_one_will_do(index: Index) -> None:
    await index.merge(
        [
            study(1, modalities_in_study=("CT",), study_date=date(2023, 5, 1)),
            study(2, modalities_in_study=("MR", "SR"), patient_sex="M", study_date=date(2023, 6, 1)),
            study(3, modalities_in_study=("CT", "PT"), institution_name="Praxis", pacs="other", study_date=None),
            report(1),
            report(2, language="en"),
        ]
    )
    expected = [
        (Filters(modality=("CT",)), {1, 3}),
        (Filters(modality=("CT", "MR")), {1, 2, 3}),
        (Filters(modality=("CT",), exclude_modality=("PT",)), {1}),
        (Filters(exclude_modality=("CT", "SR")), set()),
        (Filters(patient_sex=("M",)), {2}),
        (Filters(institution_name=("Praxis",)), {3}),
        (Filters(pacs=("other",)), {3}),
        (Filters(language=("en",)), {2}),
        (Filters(has_report=True), {1, 2}),
        (Filters(has_report=False), {3}),
        (Filters(study_date_from=date(2023, 5, 1)), {1, 2}),
        (Filters(study_date_to=date(2023, 5, 1)), {1}),
        (Filters(study_date_from=date(2023, 5, 2), study_date_to=date(2023, 5, 30)), set()),
    ]

    assert [await found(index, "", filters=filters) for filters, _ in expected] == [wanted for _, wanted in expected]


async def test_counts_are_exact_over_all_hits_not_over_the_page(index: Index) -> None:
    modalities = [("CT",), ("CT", "SR"), ("MR",)]
    parts = [
        study(n, modalities_in_study=modalities[n % 3], study_date=date(2023, 1 + n % 3, 7), patient_sex="FM"[n % 2])
        for n in range(300)
    ]
    await index.merge([*parts, *(report(n, language="de" if n < 30 else "en") for n in range(60))])

    page = await index.search(Query(limit=1))
    half = await index.search(Query(q="modality:ct", filters=Filters(patient_sex=("F",)), limit=0))

    assert page.total == 300
    assert [(each.value, each.count) for each in page.facets["modality"]] == [("CT", 200), ("MR", 100), ("SR", 100)]
    assert [(each.value, each.count) for each in page.facets["has_report"]] == [("false", 240), ("true", 60)]
    assert [(each.value, each.count) for each in page.facets["language"]] == [("de", 30), ("en", 30)]
    assert page.months == {"2023-01": 100, "2023-02": 100, "2023-03": 100}
    assert half.hits == ()
    assert half.total == 100
    assert [(each.value, each.count) for each in half.facets["patient_sex"]] == [("F", 100)]
    assert set(page.facets) == set(half.facets)


async def test_a_facet_has_its_fifty_most_frequent_values(index: Index) -> None:
    await index.merge([study(n, institution_name=f"Haus {n % 60:02}") for n in range(110)])

    values = (await index.search(Query())).facets["institution_name"]

    assert len(values) == 50
    assert [(each.value, each.count) for each in values] == [(f"Haus {n:02}", 2) for n in range(50)]
