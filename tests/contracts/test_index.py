"""Every search store keeps these promises; each test runs on the embedded one and on OpenSearch."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from radquarry.index.document import Document, Filters, Query
from radquarry.index.port import Index, PartsRefused, QueryRefused
from tests.contracts.indexes import T0, found, gone, missing, number_of, open_store, report, series, shown, study, uid


@pytest.fixture(params=["tantivy", pytest.param("opensearch", marks=pytest.mark.servers)])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Index]:
    async with open_store(request.param, tmp_path) as store:
        yield store


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


async def test_a_study_that_is_gone_keeps_all_that_was_known_of_it(index: Index) -> None:
    await index.merge([study(1), report(1, "Pneumothorax"), study(2), report(2, "Pneumothorax")])
    before = await index.get(uid(1))
    await index.merge([gone(1, later=1)])
    after = await index.get(uid(1))

    assert before is not None
    assert after is not None
    assert after.gone_at == T0 + timedelta(hours=1)
    assert (after.study, after.report) == (before.study, before.report)
    assert await found(index, "pneumothorax") == {1, 2}
    assert await found(index, "pneumothorax", filters=Filters(is_gone=True)) == {1}
    assert await found(index, "pneumothorax", filters=Filters(is_gone=False)) == {2}
    assert await found(index, "", filters=Filters(is_gone=True, modality=("MR",))) == set()


async def test_hits_are_counted_by_whether_they_are_gone(index: Index) -> None:
    await index.merge([*(study(n) for n in range(5)), report(1, "Pneumothorax"), report(2, "Pneumothorax")])
    nothing = (await index.search(Query(limit=0))).facets["is_gone"]
    await index.merge([gone(1, later=1), gone(4, later=1)])

    async def counted(q: str, **filters: bool) -> list[tuple[str, int]]:
        page = await index.search(Query(q=q, filters=Filters(**filters)))
        return [(each.value, each.count) for each in page.facets["is_gone"]]

    assert [(each.value, each.count) for each in nothing] == [("false", 5)]
    assert await counted("") == [("false", 3), ("true", 2)]
    assert await counted("pneumothorax") == [("false", 1), ("true", 1)]
    assert await counted("", is_gone=True) == [("true", 2)]
    assert await counted("", is_gone=False) == [("false", 3)]
    assert await counted("erguss") == []


async def test_a_study_that_is_there_again_is_not_gone(index: Index) -> None:
    await index.merge([study(1), gone(1, later=1)])
    await index.merge([study(1, later=2), gone(1, later=1.5), gone(1, later=1)])

    held = await index.get(uid(1))

    assert held is not None
    assert held.gone_at is None
    assert await found(index, "", filters=Filters(is_gone=True)) == set()
    assert await found(index, "", filters=Filters(is_gone=False)) == {1}


async def test_a_study_that_moved_to_another_pacs_is_there(index: Index) -> None:
    await index.merge([study(1, pacs="old"), study(1, pacs="new", later=1), gone(1, pacs="old", later=2)])
    await index.merge([study(2, pacs="old"), gone(2, pacs="old", later=2), study(2, pacs="new", later=1)])

    assert await found(index, "", filters=Filters(is_gone=False)) == {1, 2}


async def test_a_later_report_brings_no_study_back(index: Index) -> None:
    await index.merge([study(1), gone(1, later=1), report(1, "Erguss", later=2), missing(1, later=3)])

    assert await found(index, "erguss", filters=Filters(is_gone=True)) == {1}


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


async def test_words_side_by_side_must_all_be_there(index: Index) -> None:
    await index.merge([report(1, "Pneumothorax links"), report(2, "Pneumothorax rechts"), report(3, "Erguss rechts")])

    assert await found(index, "pneumothorax rechts") == {2}
    assert await found(index, "pneumothorax OR erguss") == {1, 2, 3}
    assert await found(index, "pneumothorax -links") == {2}
    assert await found(index, "rechts NOT (pneumothorax OR links)") == {3}
    assert await found(index, "-pneumothorax") == {3}
    assert await found(index, "NOT pneumothorax OR links") == {1, 3}
    assert await found(index, "+erguss") == {3}


async def test_words_may_stand_in_report_and_description(index: Index) -> None:
    await index.merge([study(1, study_description="MR Knie"), report(1, "Meniskusriss"), report(2, "Knie")])

    assert await found(index, "knie meniskusriss") == {1}


async def test_a_phrase_keeps_its_order_and_a_near_one_its_distance(index: Index) -> None:
    await index.merge(
        [
            report(1, "Kein Nachweis eines Pneumothorax."),
            report(2, "Nachweis: kein Erguss. Pneumothorax."),
            report(3, "Pleural effusion"),
        ]
    )

    assert await found(index, '"kein nachweis"') == {1}
    assert await found(index, '"nachweis pneumothorax"') == set()
    assert await found(index, '"nachweis pneumothorax"~1') == {1}
    assert await found(index, '"nachweis pneumothorax"~2') == {1, 2}
    assert await found(index, '"pleural effusions"') == {3}


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Lungenembolie", "Lungenembolien"),
        ("Lungenembolien beidseits", "lungenembolie"),
        ("Rundherde im Oberlappen", "rundherd"),
        ("Frakturen der Rippen", "fraktur"),
        ("a fracture of the rib", "fractures"),
        ("pleural effusions", "effusion"),
        ("kleine Ergüsse", "erguss"),
    ],
)
async def test_a_word_is_found_in_its_other_forms(index: Index, written: str, asked: str) -> None:
    await index.merge([report(1, written), report(2, "unauffällig")])

    assert await found(index, asked) == {1}


@pytest.mark.parametrize("written", ["Ödem", "Oedem", "ÖDEM", "O\u0308dem", "odem"])
@pytest.mark.parametrize("asked", ["ödem", "oedem", "ODEM", "o\u0308dem"])
async def test_umlauts_are_found_however_they_are_written(index: Index, written: str, asked: str) -> None:
    await index.merge([report(1, f"Kein {written}."), report(2, "Quelle, Feuer")])

    assert await found(index, asked) == {1}


async def test_sharp_s_and_accents_fold(index: Index) -> None:
    await index.merge([report(1, "Größe 3 mm"), report(2, "état après"), report(3, "Quelle")])

    assert await found(index, "grösse") == await found(index, "GROESSE") == await found(index, "gross*") == {1}
    assert await found(index, "etat") == {2}
    assert await found(index, "quelle") == {3}


async def test_wildcards_and_near_spellings(index: Index) -> None:
    await index.merge([report(1, "Lungenödem"), report(2, "Lungenembolie"), report(3, "Pneumothorax")])

    assert await found(index, "lungen*") == {1, 2}
    assert await found(index, "lungen?dem") == {1}
    assert await found(index, "lungenoed*") == {1}
    assert await found(index, "lung*bolie") == {2}
    assert await found(index, "pneumotorax~") == {3}
    assert await found(index, "pnuemothorax~1") == {3}
    assert await found(index, "pneumo~1") == set()


async def test_fields_look_where_they_say(index: Index) -> None:
    await index.merge(
        [
            study(
                1,
                study_description="CT Abdomen",
                patient_name="Müller^Hans",
                modalities_in_study=("CT", "SR"),
                series=(series(1, series_description="Leber axial", body_part_examined="LIVER"),),
                referring_physician_name="Weber^Urs",
                patient_birth_date=date(1950, 2, 3),
            ),
            study(2, modalities_in_study=("MR",), institution_name="Praxis am See", patient_sex="M", pacs="other"),
            report(1, "Thorax unauffällig", status="final", performer="Dr. Beispiel"),
            report(2, "Abdomen", language="en"),
        ]
    )
    one = [
        "report:thorax", "description:abdomen", "study_description:abdomen", "description:leber", "description:liver",
        "series_description:axial", "patient_name:mueller", "patient_name:hans", "modality:ct", "modality:SR",
        "body_part_examined:liver", "referring_physician_name:weber", "patient_birth_date:1950-02-03",
        "accession_number:A-00001", "accession_number:a-00001", "accession_number:A-0000*1", "patient_id:p1",
        f'study_instance_uid:{uid(1)}', "series_instance_uid:1.2.826.0.1.9.1", "status:final", "performer:beispiel",
        "pacs:main", "language:de", "institution_name:kantonsspital", "patient_sex:f", "patient_birth_date:*",
        "modality:(ct OR us)",
    ]  # fmt: skip

    assert {q: await found(index, q) for q in one} == {q: {1} for q in one}
    assert await found(index, 'institution_name:"am see"') == {2}
    assert await found(index, "ris:ris link:exact") == {1, 2}
    assert await found(index, "accession_number:A-0000") == set()
    assert await found(index, "patient_name:thorax") == set()
    assert await found(index, "müller") == set()


async def test_an_identifier_is_found_without_naming_its_field(index: Index) -> None:
    await index.merge([study(1), study(12), report(3, "Herd von 1.2 cm, A 00001x")])

    assert await found(index, "A-00001") == await found(index, "a00001") == await found(index, "p1") == {1}
    assert await found(index, uid(12)) == {12}
    assert await found(index, "1.2") == {3}
    assert await found(index, "a0001*") == {12}


async def test_a_modality_is_found_as_a_word(index: Index) -> None:
    await index.merge([study(1, modalities_in_study=("MG",), study_description=""), study(2, study_description="")])

    assert await found(index, "mg") == {1}


async def test_days_months_and_years(index: Index) -> None:
    days = {1: date(2022, 12, 31), 2: date(2023, 1, 1), 3: date(2023, 1, 31), 4: date(2024, 2, 29), 5: None}
    await index.merge([study(n, study_date=day) for n, day in days.items()])

    assert await found(index, "study_date:[2023-01-01 TO 2023-12-31]") == {2, 3}
    assert await found(index, "study_date:{2023-01-01 TO 2023-01-31}") == set()
    assert await found(index, "study_date:2023") == await found(index, "study_date:2023-01") == {2, 3}
    assert await found(index, "study_date:20240229") == await found(index, "study_date:>2023") == {4}
    assert await found(index, "study_date:<=2022-12-31") == await found(index, "study_date:[* TO 2022]") == {1}
    assert await found(index, "study_date:*") == {1, 2, 3, 4}
    assert await found(index, "-study_date:*") == {5}


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


async def test_dates_order_both_ways_and_the_undated_come_last(index: Index) -> None:
    days = [date(2023, 5, 1), date(2021, 1, 1), None, date(2024, 1, 1)]
    await index.merge([study(n, study_date=day, study_time=None) for n, day in enumerate(days)])

    async def order(sort: str) -> list[int]:
        page = await index.search(Query(sort=sort))
        return [number_of(hit.document.study_instance_uid) for hit in page.hits]

    assert await order("newest") == await order("relevance") == [3, 0, 1, 2]
    assert await order("oldest") == [1, 0, 3, 2]


async def test_more_of_the_words_weigh_more(index: Index) -> None:
    await index.merge([report(n, "Herz normal gross. " * 5) for n in range(20)])
    await index.merge([report(50, "Pneumothorax"), report(51, "Pneumothorax und Erguss")])

    page = await index.search(Query(q="pneumothorax OR erguss"))

    assert [number_of(hit.document.study_instance_uid) for hit in page.hits] == [51, 50]
    assert page.hits[0].score is not None
    assert page.hits[0].score > (page.hits[1].score or 0)


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
async def test_pages_hold_every_hit_once_also_while_studies_are_added(index: Index, sort: str) -> None:
    same_day = {"study_date": date(2023, 5, 1), "study_time": None}
    await index.merge([part for n in range(95) for part in (study(n, **(same_day if n % 2 else {})), report(n))])
    query, seen, added = Query(q="pneumothorax", sort=sort, limit=10), [], 100

    while True:
        page = await index.search(query)
        seen += [number_of(hit.document.study_instance_uid) for hit in page.hits]
        if page.after is None:
            break
        fresh = [part for n in range(added, added + 5) for part in (study(n, **same_day), report(n, "Pneumothorax!"))]
        await index.merge(fresh)
        added += 5
        query = query.model_copy(update={"after": page.after})

    assert len(seen) == len(set(seen))
    assert {number for number in seen if number < 100} == set(range(95))


async def test_the_last_page_says_that_it_is(index: Index) -> None:
    await index.merge([study(n) for n in range(4)])

    first = await index.search(Query(limit=2))
    last = await index.search(Query(limit=2, after=first.after))

    assert first.after is not None
    assert (len(last.hits), last.after, last.total) == (2, None, 4)


@pytest.mark.parametrize("cursor", ["", "x", "{}", "🙂", "AAAA", "e30", "a" * 20_000, "bnVsbA", "W10"])
async def test_a_foreign_cursor_is_refused(index: Index, cursor: str) -> None:
    with pytest.raises(QueryRefused, match="after"):
        await index.search(Query(after=cursor))


async def test_a_cursor_belongs_to_its_query(index: Index) -> None:
    await index.merge([study(n) for n in range(4)])
    first = await index.search(Query(limit=2))

    with pytest.raises(QueryRefused, match="another query"):
        await index.search(Query(q="thorax", limit=2, after=first.after))


async def test_passages_show_the_match_as_plain_text(index: Index) -> None:
    text = "Technik: nativ.\n<script>alert(1)</script> Kleiner Pneumothorax & Erguss.\n" + "Sonst nichts. " * 50
    await index.merge([study(1), report(1, text)])

    page = await index.search(Query(q="pneumothorax script"))
    passages = page.hits[0].highlights

    assert shown(page) == ["script", "script", "Pneumothorax"]
    assert 1 <= len(passages) <= 3
    assert "<script>alert(1)</script> Kleiner Pneumothorax & Erguss." in "".join(
        piece.text for passage in passages for piece in passage
    )
    assert all("".join(piece.text for piece in passage) in text for passage in passages)


@pytest.mark.parametrize(
    ("q", "marked"),
    [
        ("lungenembolien", ["Lungenembolie"]),
        ('"rechten lunge"', ["rechten", "Lunge"]),
        ("lungenemb*", ["Lungenembolie"]),
        ("lungenembolje~", ["Lungenembolie"]),
        ("report:lunge -erguss", ["Lunge"]),
    ],
)
async def test_what_is_marked_is_what_was_asked(index: Index, q: str, marked: list[str]) -> None:
    await index.merge([study(1), report(1, "Lungenembolie in der rechten Lunge, nicht in der linken.")])

    assert shown(await index.search(Query(q=q))) == marked


async def test_a_match_in_the_description_is_shown_there(index: Index) -> None:
    await index.merge([study(1, study_description="CT Schädel nativ"), report(1, "Unauffälliger Befund.")])

    page = await index.search(Query(q="schaedel"))

    assert shown(page) == ["Schädel"]


async def test_without_a_match_the_beginning_of_the_report_is_shown(index: Index) -> None:
    await index.merge([study(1), report(1, "Unauffälliger Befund. " * 40), study(2)])

    page = await index.search(Query(sort="oldest"))

    assert [piece.match for piece in page.hits[0].highlights[0]] == [False]
    assert page.hits[0].highlights[0][0].text.startswith("Unauffälliger Befund.")
    assert len(page.hits[0].highlights[0][0].text) < 250
    assert page.hits[1].highlights == ()


async def test_words_of_a_name_are_not_marked_in_the_report(index: Index) -> None:
    await index.merge([study(1, patient_name="Klein^Eva"), report(1, "Ein kleiner Erguss.")])

    assert shown(await index.search(Query(q="patient_name:klein"))) == []
    assert shown(await index.search(Query(q="patient_name:klein erguss"))) == ["Erguss"]


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


async def test_hostile_queries_are_refused_or_answered_never_broken(index: Index) -> None:
    await index.merge([study(1), report(1)])
    hostile = [
        "(" * 3000, ")" * 3000, '"' * 3001, "a" * 10_000, "*embolie", "a*", "?", "/.*/", "\x00", "\ud800", "AND", "OR",
        "NOT", "a AND", "field:x", "report:", "report:(", "a^9", "[a TO b]", "study_date:2023-02-31", "- - -", "\\",
        "~", "NOT " * 500 + "a", "'", "{}", "a:b:c", "&& ||", "study_date:abc", "+", "\n\t", "ab?????????????????????",
    ]  # fmt: skip
    for q in hostile:
        async with asyncio.timeout(5):
            total, position = await outcome(index, q)
        assert total in (0, 1)
        assert 0 <= position <= len(q)


async def outcome(index: Index, q: str) -> tuple[int, int]:
    """How many hits, or where the query is refused."""
    try:
        return (await index.search(Query(q=q))).total, 0
    except QueryRefused as refused:
        return 0, refused.position


async def test_the_widest_query_that_is_allowed_is_answered(index: Index) -> None:
    await index.merge([study(1), report(1)])
    many = [f"wort{n}x" for n in range(149)]

    assert await found(index, " OR ".join([*many, "pneumothorax"])) == {1}
    assert await found(index, '"' + " ".join(many) + '"') == set()
    assert await found(index, " OR ".join(f"{word}*" for word in many)) == set()
    assert await found(index, " OR ".join(f"{word}~2" for word in many[:60])) == set()


async def test_a_timeline_is_one_patients_of_one_pacs_oldest_first(index: Index) -> None:
    await index.merge(
        [
            study(1, patient_id="A", study_date=date(2023, 5, 1)),
            study(2, patient_id="A", study_date=date(2021, 5, 1)),
            study(3, patient_id="A", pacs="other"),
            study(4, patient_id="a"),
            study(5, patient_id=""),
            report(1),
        ]
    )

    timeline = [number_of(each.study_instance_uid) for each in await index.timeline("A", "main")]

    assert timeline == [2, 1]
    assert list(await index.timeline("", "main")) == []


async def test_a_study_that_moves_to_another_patient_leaves_the_first(index: Index) -> None:
    await index.merge([study(1, patient_id="A")])
    await index.merge([study(1, patient_id="B", later=1)])

    assert list(await index.timeline("A", "main")) == []
    assert len(await index.timeline("B", "main")) == 1


async def test_a_scan_gives_every_hit_once_in_order(index: Index) -> None:
    await index.merge([study(n, study_date=date(2020 + n % 5, 1, 1)) for n in range(1200)])

    oldest = [each async for each in index.scan(Query(sort="oldest", limit=3))]
    some = [each async for each in index.scan(Query(q="study_date:2021"))]

    assert len({each.study_instance_uid for each in oldest}) == len(oldest) == 1200
    years = [each.study.study_date.year for each in oldest if each.study and each.study.study_date]
    assert years == sorted(years)
    assert len(some) == 240


async def test_five_thousand_documents_are_counted_and_found(index: Index) -> None:
    for first in range(0, 5000, 1000):
        await index.merge([study(n) for n in range(first, first + 1000)])
    await index.merge([report(n, f"Befund nummer{n}") for n in range(0, 5000, 100)])

    assert await index.count() == 5000
    assert (await index.search(Query(filters=Filters(has_report=True)))).total == 50
    assert await found(index, "nummer4900") == {4900}
    assert sum((await index.search(Query(limit=0))).months.values()) == 5000
