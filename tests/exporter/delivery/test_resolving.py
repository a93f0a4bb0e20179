"""Who is behind a pseudonym: told in a file, to two people, of deliveries that kept a mapping."""

import json
from pathlib import Path
from uuid import UUID, uuid4

from radquarry.configuration.sections import Destination
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from tests.exporter.delivery.archived import archived
from tests.exporter.delivery.rig import DEIDENTIFY, Desk, desk
from tests.exporter.delivery.test_deidentified import NAMES

PATIENT = NAMES.patient_id("PID4711234")


def question(delivery_id: UUID, *pseudonyms: str, by: str = "alice", other: str = "bob") -> ResolvePseudonyms:
    return ResolvePseudonyms(
        reidentification_id=uuid4(),
        delivery_id=delivery_id,
        project="lungs",
        pseudonyms=pseudonyms,
        requested_by=by,
        approved_by=other,
    )


async def asked(it: Desk, order: ResolvePseudonyms) -> PseudonymsResolved:
    await it.say(order, order)
    answers = await it.heard.until(
        lambda: [one for one in it.heard.resolved if one.reidentification_id == order.reidentification_id], "the answer"
    )
    return answers[0]


async def test_the_answer_is_a_file_for_two_people_and_only_of_this_delivery(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    destinations = {"out": Destination(kind="directory", path=tmp_path / "out")}
    async with desk(tmp_path, destinations) as it:
        await it.retrieved(study)
        kept, unkept = await it.order(deidentify=DEIDENTIFY, mapping=True), await it.order(deidentify=DEIDENTIFY)
        await it.heard.end(kept)
        await it.heard.end(unkept)
        order = question(kept, PATIENT, NAMES.uid(study.uid), "P000")
        told = await asked(it, order)
        alone = await asked(it, question(kept, PATIENT, other="alice"))
        nobody = await asked(it, question(kept, PATIENT, other=" "))
        without = await asked(it, question(unkept, PATIENT))

    assert (told.found, told.unknown, told.problem) == (2, 1, "")
    file = tmp_path / "exchange" / "reidentifications" / f"{order.reidentification_id}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    said = {one["pseudonym"]: (one["what"], one["original"]) for one in json.loads(file.read_text())["originals"]}
    assert said == {PATIENT: ("PatientID", "PID4711234"), NAMES.uid(study.uid): ("StudyInstanceUID", study.uid)}
    assert alone.problem == nobody.problem == "this needs two people"
    assert "no mapping was kept" in without.problem
    assert [path.name for path in file.parent.iterdir()] == [file.name]


async def test_an_answer_that_cannot_be_written_is_told_and_can_be_asked_for_again(tmp_path: Path) -> None:
    study = archived(tmp_path, count=1)
    folder = tmp_path / "exchange" / "reidentifications"
    folder.parent.mkdir()
    folder.write_text("in the way")
    async with desk(tmp_path, {"out": Destination(kind="directory", path=tmp_path / "out")}) as it:
        await it.retrieved(study)
        kept = await it.order(deidentify=DEIDENTIFY, mapping=True)
        await it.heard.end(kept)
        failed = await asked(it, question(kept, PATIENT))
        folder.unlink()
        told = await asked(it, question(kept, PATIENT))

    assert (failed.found, failed.problem) == (0, "the answer cannot be written: File exists")
    assert (told.found, told.problem) == (1, "")
