"""`radquarry move` with pacs n pull's queries for series and for single images."""

from pathlib import Path
from typing import Any

from tests.journeys.command_line import radquarry, rows_of
from tests.journeys.moved import Ward, pacsnpull, stems


def series_of(ward: Ward, study: str) -> dict[str, list[str]]:
    """SeriesInstanceUID → SOPInstanceUIDs of a study."""
    (held,) = ward.hospital.holdings.with_uid(study)
    return {one.series_instance_uid: [each.sop_instance_uid for each in one.instances()] for one in held.series()}


def divided(ward: Ward) -> str:
    """A study with several series, the smallest."""
    return next(uid for uid in ward.rich(100, least=2) if len(series_of(ward, uid)) > 1)


def moved(folder: Path, ward: Ward, *queries: dict[str, Any]) -> tuple[int, str]:
    """How it ended, and what it said."""
    done = radquarry("move", "--pacsnpull", *pacsnpull(folder, ward, list(queries)), "-o", "out", folder=folder)
    return done.returncode, done.stderr


def test_a_query_for_series_brings_these_series_and_no_others(ward: Ward, tmp_path: Path) -> None:
    study = divided(ward)
    (series, images), *_others = series_of(ward, study).items()
    asked = {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": study, "SeriesInstanceUID": series, "Modality": "*"}

    code, said = moved(tmp_path, ward, asked)

    assert (code, stems(tmp_path / "out")) == (0, set(images)), said
    assert ward.asked("c-move") == 1
    (status,) = rows_of(tmp_path / "out.status.csv")
    assert (status["level"], status["status"], status["studies"]) == ("SERIES", "complete", "1")
    assert (int(status["expected"]), int(status["received"])) == (len(images), len(images))


def test_a_query_for_images_brings_these_images(ward: Ward, tmp_path: Path) -> None:
    study = ward.rich(1)[0]
    series, images = max(series_of(ward, study).items(), key=lambda pair: len(pair[1]))
    some = images[:-1] if len(images) > 1 else images
    within = {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": study, "SeriesInstanceUID": series}

    code, said = moved(tmp_path, ward, *({**within, "SOPInstanceUID": uid} for uid in some))

    assert (code, stems(tmp_path / "out")) == (0, set(some)), said
    assert set(ward.sent()) == set(some)
    assert [row["received"] for row in rows_of(tmp_path / "out.status.csv")] == ["1"] * len(some)


def test_series_are_found_by_keys_of_their_study_too(ward: Ward, tmp_path: Path) -> None:
    study = divided(ward)
    patient = ward.patient_id(study)
    (held,) = ward.hospital.holdings.with_uid(study)
    number = held.series()[0].record["SeriesNumber"]
    asked = {"QueryRetrieveLevel": "SERIES", "PatientID": patient, "SeriesNumber": str(number)}
    expected = {
        image.sop_instance_uid
        for uid in ward.studies(1000)
        if ward.patient_id(uid) == patient
        for one in ward.hospital.holdings.with_uid(uid)[0].series()
        if one.record["SeriesNumber"] == number
        for image in one.instances()
    }

    code, said = moved(tmp_path, ward, asked)

    assert (code, stems(tmp_path / "out")) == (0, expected), said
    assert patient not in said


def test_queries_for_parts_and_for_the_whole_of_a_study_bring_it_whole_once(ward: Ward, tmp_path: Path) -> None:
    study = divided(ward)
    first, second, *_ = series_of(ward, study)
    part = {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": study}

    code, said = moved(tmp_path, ward, {**part, "SeriesInstanceUID": first}, {**part, "SeriesInstanceUID": second})
    assert code == 0, said
    assert stems(tmp_path / "out") == {*series_of(ward, study)[first], *series_of(ward, study)[second]}

    whole = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": study}
    code, said = moved(tmp_path, ward, {**part, "SeriesInstanceUID": first}, whole)
    assert (code, stems(tmp_path / "out")) == (0, ward.images(study)), said
    assert sorted(ward.sent()) == sorted(ward.images(study))


def test_what_is_there_is_not_fetched_again(ward: Ward, tmp_path: Path) -> None:
    study = divided(ward)
    asked = {
        "QueryRetrieveLevel": "SERIES",
        "StudyInstanceUID": study,
        "SeriesInstanceUID": next(iter(series_of(ward, study))),
    }
    assert moved(tmp_path, ward, asked)[0] == 0
    sent = ward.sent()

    assert moved(tmp_path, ward, asked)[0] == 0
    assert ward.sent() == sent


def test_a_query_that_narrows_nothing_or_finds_nothing_is_told(ward: Ward, tmp_path: Path) -> None:
    code, said = moved(tmp_path, ward, {"QueryRetrieveLevel": "SERIES", "Modality": "CT"})

    assert code == 1
    assert "query 1: " in said
    assert not (tmp_path / "out").exists() or stems(tmp_path / "out") == set()
