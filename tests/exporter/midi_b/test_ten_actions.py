"""MIDI-B's ten actions on a seeded set: nothing of a patient's is left, and nearly all else is."""

import shutil

import pytest

from tests.exporter.midi_b.scoring import PASS_WHEN_MISSING, scored


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_what_must_go_goes_and_what_must_stay_stays() -> None:
    done = scored(seed=11, patients=2)

    for action in PASS_WHEN_MISSING | {"uid_consistent", "patid_consistent", "tag_retained", "text_notnull"}:
        assert done.passed[action] == done.total[action] > 0, done.failed
    assert done.held_back == 0
    assert done.score >= 0.97, done.failed
