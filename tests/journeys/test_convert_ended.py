"""`radquarry convert` that a signal ends, or whose decoder a file kills: what is there is whole, nothing runs on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from pydicom import dcmread

from radquarry.exporter.conversion.decoder import DIED
from tests.exporter.conversion.fatal_decoder import ENDLESS, FATAL, image, install
from tests.exporter.conversion.making import AFFINES, encoded, laid, noise
from tests.exporter.conversion.making import nifti as written
from tests.journeys.converting import COMMAND, VOLUME, convert


def test_a_signal_ends_the_run_and_what_is_there_is_whole(tmp_path: Path) -> None:
    picture = encoded(noise(300, 300))
    laid(tmp_path / "in", **{f"p{number}": picture for number in range(1500)})

    with subprocess.Popen([*COMMAND, "in", "-o", "out"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        while not next((tmp_path / "out").rglob("*.dcm"), None):
            assert run.poll() is None
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=60)

    assert run.returncode == 143
    assert "ended by a signal" in said
    assert all(dcmread(path).pixel_array.shape == (300, 300) for path in (tmp_path / "out").rglob("*.dcm"))
    assert not (tmp_path / "out" / "conversion-report.json").exists()
    assert not (tmp_path / "out" / ".unchecked").exists()


def test_a_file_that_kills_the_decoder_is_named_and_the_others_are_converted(tmp_path: Path) -> None:
    laid(tmp_path / "in", a__dcm=image(1), b__dcm=image(2, FATAL), c__dcm=image(3))

    done = convert("in", "-o", "out", "--to", "png", folder=tmp_path, **decoding(tmp_path))

    assert done.returncode == 1
    assert f"refused: b.dcm: {DIED}" in done.stderr
    assert "3 files: 2 converted, 0 repeated, 0 passed over, 1 refused" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.png")) == ["1.2.3.1.png", "1.2.3.3.png"]
    report = json.loads((tmp_path / "out" / "conversion-report.json").read_text())
    assert [each["name"] for each in report["inputs"] if each["state"] == "refused"] == ["b.dcm"]


def decoding(folder: Path) -> dict[str, str]:
    """The environment in which files may say what becomes of the process that decodes them."""
    ours = os.pathsep.join(filter(None, sys.path))
    return {"PYTHONPATH": f"{install(folder / 'plugin')}{os.pathsep}{ours}", "TMPDIR": str(folder)}


def ended(run: subprocess.Popen[str], number: signal.Signals) -> str:
    """What it said when the signal came, as a terminal sends it; nothing that it had started is left."""
    started = psutil.Process(run.pid).children(recursive=True)
    os.killpg(run.pid, number)
    _, said = run.communicate(timeout=60)
    _, left = psutil.wait_procs(started, timeout=30)
    assert started
    assert left == []
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_decoder_that_does_not_end(number: signal.Signals, tmp_path: Path) -> None:
    laid(tmp_path / "in", a__dcm=image(1), b__dcm=image(2, ENDLESS))
    variables = {**os.environ, **decoding(tmp_path)}
    command = [*COMMAND, "in", "-o", "out", "--to", "png"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        while not next((tmp_path / "out").rglob("*.png"), None):
            assert run.poll() is None
        said = ended(run, number)

    assert run.returncode == 128 + number
    assert "ended by a signal: what is in the folder is whole" in said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out", "plugin"]
    assert not (tmp_path / "out" / ".unchecked").exists()


def test_a_signal_ends_dcm2niix_too(tmp_path: Path) -> None:
    laid(tmp_path / "in", brain__nii=written(VOLUME, AFFINES["axial"]))
    convert("in", "-o", "dicom", folder=tmp_path)
    laid(tmp_path / "bin", dcm2niix=f"#!/bin/sh\n: > {tmp_path}/begun\nexec /bin/sleep 60\n".encode())
    (tmp_path / "bin" / "dcm2niix").chmod(0o755)
    variables = {**os.environ, "PATH": f"{tmp_path / 'bin'}:/bin"}
    with subprocess.Popen(
        [*COMMAND, "dicom", "-o", "nii"],
        cwd=tmp_path, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as run:  # fmt: skip
        while not (tmp_path / "begun").exists():
            assert run.poll() is None
        said = ended(run, signal.SIGTERM)

    assert run.returncode == 143
    assert "ended by a signal" in said
    assert list((tmp_path / "nii").iterdir()) == []
