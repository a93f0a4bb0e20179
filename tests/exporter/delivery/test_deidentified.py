"""De-identified deliveries: nothing of the patient leaves, what may not leave is told, the mapping stays here."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
import pyzipper
from pydicom import dcmread
from pydicom.dataset import FileDataset
from sqlalchemy import select

from radquarry.configuration.sections import Deidentifying, Destination
from radquarry.exporter.pseudonyms.keyed import Pseudonyms, project_key
from radquarry.exporter.pseudonyms.mapping_file import as_it_was
from radquarry.exporter.tables import instances, pseudonyms
from tests.contracts.states import KINDS, empty_state_url
from tests.exporter.cleaning import SECRET
from tests.exporter.delivery.archived import add, archived
from tests.exporter.delivery.rig import DEIDENTIFY, QUICK, desk, progressed

NAMES = Pseudonyms(project_key(SECRET, "lungs"))


def ultrasound(dataset: FileDataset) -> None:
    """Text is likely in its pixels."""
    dataset.Modality = "US"


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_a_folder_gets_pseudonyms_and_the_release_report(tmp_path: Path) -> None:
    study = archived(tmp_path)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out", identified=False)}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        delivery_id = await it.order(deidentify=DEIDENTIFY)
        end = await it.heard.end(delivery_id)

    assert (end.state, end.delivered, end.findings) == ("complete", 3, 0)
    left = list((tmp_path / "out").rglob("*.dcm"))
    assert {dcmread(path).PatientID for path in left} == {NAMES.patient_id("PID4711234")}
    assert {path.stem for path in left} == {NAMES.uid(uid) for uid in study.files}
    assert not any(b"Quarrymann" in path.read_bytes() for path in left)
    report = json.loads((tmp_path / "out" / f"delivery-{delivery_id}" / "release-report.json").read_text())
    assert (report["counts"]["files"], report["counts"]["released"]) == (3, 3)
    shown = tmp_path / "exchange" / "deliveries" / str(delivery_id)
    assert json.loads((shown / "release-report.json").read_text()) == report
    assert files_in(tmp_path / "exporter" / "staging") == []


async def test_what_is_held_back_is_told_and_leaves_the_study_incomplete(tmp_path: Path) -> None:
    study = archived(tmp_path, count=2)
    held = add(tmp_path, study, 3, ultrasound)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        delivery_id = await it.order(deidentify=DEIDENTIFY)
        end = await it.heard.end(delivery_id)
        last = it.heard.last(delivery_id, study)

    assert (end.state, end.delivered, end.held_back) == ("incomplete", 2, 1)
    assert (last.state, last.delivered, last.held_back) == ("incomplete", 2, 1)
    assert {one.sop_instance_uid: one.problem for one in last.instances if one.state == "held back"} == {
        held: "text is likely in the pixels: it is ultrasound"
    }


async def test_a_file_that_is_not_the_one_that_was_received_is_not_cleaned_either(tmp_path: Path) -> None:
    study = archived(tmp_path, count=2)
    digests = {uid: hashlib.sha256(path.read_bytes()).hexdigest() for uid, path in study.files.items()}
    other = list(study.files)[1]
    digests[other] = "0" * 64
    states = [one.model_copy(update={"sha256": digests[one.sop_instance_uid]}) for one in study.states()]
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.say(progressed(it.retrieval_id, study, instances=tuple(states)))
        await it.ended(2)
        delivery_id = await it.order(deidentify=DEIDENTIFY)
        end = await it.heard.end(delivery_id)
        last = it.heard.last(delivery_id, study)

    assert (end.state, end.delivered) == ("incomplete", 1)
    assert {one.sop_instance_uid: one.problem for one in last.instances if one.state == "failed"} == {
        other: "its file in the archive is not the one that was received"
    }


async def test_the_ledger_knows_what_left(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        await it.heard.end(await it.order(deidentify=DEIDENTIFY))
        async with it.state.reading() as connection:
            row = (await connection.execute(select(instances))).one()

    left = next((tmp_path / "out").rglob("*.dcm"))
    assert row.bytes == left.stat().st_size
    assert row.left_as == left.relative_to(tmp_path / "out").as_posix()
    assert (row.state, row.sent) == ("delivered", 1)
    assert row.delivered_at is not None


async def test_the_mapping_stays_here_for_its_owner_alone(tmp_path: Path) -> None:
    study = archived(tmp_path)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        delivery_id = await it.order(deidentify=DEIDENTIFY, mapping=True)
        await it.heard.end(delivery_id)
        async with it.state.reading() as connection:
            rows = (await connection.execute(select(pseudonyms))).all()

    file = tmp_path / "exporter" / "mappings" / f"{delivery_id}.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(newline="") as lines:
        told = [tuple(row) for row in csv.reader(lines)][1:]
    assert ("patient_id", "PID4711234", NAMES.patient_id("PID4711234")) in told
    assert {(row.kind, row.original, row.pseudonym) for row in rows} == {tuple(map(as_it_was, row)) for row in told}
    assert {row.project for row in rows} == {"lungs"}
    assert not [name for name in files_in(tmp_path / "out") if "mapping" in name]


async def test_no_mapping_is_kept_that_nobody_ordered(tmp_path: Path) -> None:
    study = archived(tmp_path)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        await it.heard.end(await it.order(deidentify=DEIDENTIFY))
        async with it.state.reading() as connection:
            assert (await connection.execute(select(pseudonyms))).all() == []

    assert not (tmp_path / "exporter" / "mappings").exists()


@pytest.mark.parametrize("kind", KINDS)
async def test_an_archive_holds_all_studies_and_the_report(tmp_path: Path, kind: str) -> None:
    first, second = archived(tmp_path, 1), archived(tmp_path, 2)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out", zip=True, password="Kn0ck knock")}
    async with empty_state_url(kind, tmp_path) as url, desk(tmp_path, destinations, state_url=url) as it:
        delivery_id = await it.order(deidentify=DEIDENTIFY)
        await it.say(progressed(it.retrieval_id, first))
        await it.say(progressed(it.retrieval_id, second))
        await it.ended(6)
        end = await it.heard.end(delivery_id)
        assert (end.state, end.delivered) == ("complete", 6)

        add(tmp_path, first, 9)
        await it.say(progressed(it.retrieval_id, first, revision=5000))
        end = await it.heard.end(delivery_id, times=2)

    assert (end.state, end.delivered) == ("complete", 7)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{delivery_id}-2.zip", f"{delivery_id}.zip"]
    with pyzipper.AESZipFile(tmp_path / "out" / f"{delivery_id}.zip") as archive:
        archive.setpassword(b"Kn0ck knock")
        names = archive.namelist()
        report = json.loads(archive.read("release-report.json"))
    assert len([name for name in names if name.endswith(".dcm")]) == 6
    assert report["counts"]["released"] == 6
    with pyzipper.AESZipFile(tmp_path / "out" / f"{delivery_id}-2.zip") as archive:
        assert len([name for name in archive.namelist() if name.endswith(".dcm")]) == 1


async def test_without_a_key_one_is_made_once_and_kept(tmp_path: Path) -> None:
    study = archived(tmp_path)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, deidentification=Deidentifying()) as it:
        await it.retrieved(study)
        assert (await it.heard.end(await it.order(deidentify=DEIDENTIFY))).state == "complete"
        left = files_in(tmp_path / "out")
        assert (await it.heard.end(await it.order(deidentify=DEIDENTIFY))).state == "complete"

    key = tmp_path / "pseudonym-key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert [name for name in files_in(tmp_path / "out") if name.endswith(".dcm")] == [
        name for name in left if name.endswith(".dcm")
    ]


async def test_a_full_disk_puts_the_delivery_off_with_the_reason(tmp_path: Path) -> None:
    study = archived(tmp_path)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations, reserve_gb=1e9, patience=QUICK) as it:
        await it.retrieved(study)
        delivery_id = await it.order(deidentify=DEIDENTIFY)
        waiting = await it.heard.until(lambda: [one for one in it.heard.progress if one.state == "waiting"], "a wait")
        end = await it.heard.end(delivery_id)

    assert "too full to make files ready" in waiting[0].problem
    assert (end.state, end.delivered) == ("incomplete", 0)
    assert "too full to make files ready" in end.problem
