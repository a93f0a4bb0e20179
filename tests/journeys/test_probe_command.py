"""`radquarry probe` as a user types it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from radquarry.dicom.load import StateLoad
from radquarry.finder.profiles import Known, Profiles
from radquarry.hospital.hospital import Hospital
from radquarry.hospital.settings import HospitalSettings
from radquarry.messages import LoadLimits
from radquarry.state.store import open_state
from tests.journeys.command_line import radquarry

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    faults = {"pacs": {"answer_limit": 40, "wildcards": "literal"}}
    made = {"studies": 90, "days": 3, "pixels": 16, "samples": False, "faults": faults}
    with Hospital(HospitalSettings.model_validate(made)) as hospital:
        yield hospital


def configure(folder: Path, hospital: Hospital) -> None:
    (folder / "radquarry.yaml").write_text(
        "pacs:\n"
        f"  near: {{ae_title: HOSPITAL, host: 127.0.0.1, port: {hospital.pacs.port}}}\n"
        "  gone: {ae_title: PACS, host: 127.0.0.1, port: 1}\n"
    )


async def known(folder: Path) -> dict[str, Known]:
    async with open_state(f"sqlite:///{folder}/radquarry-data/state.db") as state:
        return await Profiles(state).known()


async def stop(folder: Path, pacs: str) -> None:
    async with open_state(f"sqlite:///{folder}/radquarry-data/state.db") as state:
        load = await StateLoad.open(state, {pacs: LoadLimits()})
        await load.stop(pacs, "an administrator")


def test_a_profile_is_read_in_a_terminal_and_kept_for_a_server(hospital: Hospital, tmp_path: Path) -> None:
    configure(tmp_path, hospital)

    done = radquarry("probe", "near", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "answers at once 40" in lines
    assert "wildcards none is known to work" in lines
    assert "STUDY, SERIES, IMAGE" in done.stdout
    kept = asyncio.run(known(tmp_path))
    assert list(kept) == ["near"]
    assert (kept["near"].profile.find_limit, kept["near"].is_said) == (40, False)


def test_each_pacs_is_a_line_of_json_and_one_that_is_away_is_exit_code_1(hospital: Hospital, tmp_path: Path) -> None:
    configure(tmp_path, hospital)

    done = radquarry("probe", "--json", folder=tmp_path)

    answers = {each["pacs"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert answers["near"]["profile"]["find_limit"] == 40
    assert (answers["near"]["problem"], answers["gone"]["profile"]) == ("", None)
    assert "gone could not be probed: gone does not answer at 127.0.0.1:1" in done.stderr
    assert list(asyncio.run(known(tmp_path))) == ["near"]


def test_a_stopped_pacs_is_not_asked(hospital: Hospital, tmp_path: Path) -> None:
    configure(tmp_path, hospital)
    (tmp_path / "radquarry-data").mkdir()
    asyncio.run(stop(tmp_path, "near"))

    done = radquarry("probe", "near", folder=tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert "near could not be probed: traffic to near is stopped" in done.stderr
    assert hospital.traffic.entries() == []


@pytest.mark.parametrize(
    ("written", "arguments", "words"),
    [
        ("api:\n  prot: 1\n", (), "radquarry.yaml:2: unknown key 'api.prot'; did you mean 'port'?"),
        ("pacs: {main: {ae_title: A, host: h, port: 1}}\n", ("mian",), "no PACS is named mian; known: main"),
        ("", (), "no PACS is named at all; known: none is configured"),
        ("pacs: {main: {ae_title: A, host: h, port: 1}}\nstate_url: mysql://h/d\n", (), "state_url"),
    ],
)
def test_a_configuration_that_is_wrong_is_exit_code_2(
    written: str, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    (tmp_path / "radquarry.yaml").write_text(written)

    done = radquarry("probe", *arguments, folder=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def found(folder: Path, hospital: Hospital) -> tuple[set[str], int, str]:
    """The studies a find over all days writes, how many C-FINDs it took, and what it said."""
    before = len(hospital.traffic.entries("c-find"))
    days = sorted(study.study_date for study in hospital.truth.studies())
    chosen = ("--pacs", "near", "--from", days[0], "--to", days[-1], "--field", "StudyInstanceUID")
    done = radquarry("find", "-c", "radquarry.yaml", *chosen, "-o", "found.csv", folder=folder)
    assert done.returncode == 0, done.stderr
    head, *rows = (folder / "found.csv").read_text("utf-8").splitlines()
    assert head == "StudyInstanceUID"
    return set(rows), len(hospital.traffic.entries("c-find")) - before, done.stderr


def test_a_find_goes_by_the_profile_that_was_kept_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    faults = {"pacs": {"answer_limit": 40}}
    made = {"studies": 240, "days": 3, "pixels": 16, "samples": False, "faults": faults}
    with Hospital(HospitalSettings.model_validate(made)) as hospital:
        held = {study.study_instance_uid for study in hospital.truth.studies()}
        unknowing, knowing = tmp_path / "unknowing", tmp_path / "knowing"
        for folder in (unknowing, knowing):
            folder.mkdir()
            configure(folder, hospital)
        assert radquarry("probe", "near", folder=knowing).returncode == 0
        kept = asyncio.run(known(knowing))

        learnt, many, _words = found(unknowing, hospital)
        told, few, words = found(knowing, hospital)

        assert learnt == told == held
        assert few < many
        assert "probe it again" not in words
        hospital.faults.switch({"pacs": {"answer_limit": 70}})
        assert found(knowing, hospital)[0] == held
        assert (
            "near: an answer of 70 rows came, its profile says 40 at most; probe it again"
            in found(knowing, hospital)[2]
        )
        assert asyncio.run(known(knowing)) == kept
