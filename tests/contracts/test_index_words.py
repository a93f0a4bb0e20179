"""What words and fields find, on every search store."""

import asyncio
from datetime import date

import pytest

from radquarry.index.document import Query
from radquarry.index.port import Index, QueryRefused
from tests.contracts.indexes import found, report, series, study, uid


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
