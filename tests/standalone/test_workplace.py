"""The folder of a move under way: one move at a time, and what an earlier one has done."""

import os
import time
from pathlib import Path

import pytest

from radquarry.standalone.oneshot.notebook import KEPT_SECONDS
from radquarry.standalone.oneshot.workplace import MoveAway, MoveInUse, opened_workplace


def test_a_second_move_into_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        opened_workplace(tmp_path / "dicom", "A@1:2"),
        pytest.raises(MoveInUse, match="another move works in"),
        opened_workplace(tmp_path / "dicom", "A@1:2"),
    ):
        pass
    with opened_workplace(tmp_path / "dicom", "A@1:2") as place:
        assert place.settled() == {}


def test_what_is_done_is_known_to_the_next_move(tmp_path: Path) -> None:
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.note("1.2.3", 7)
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.note("1.2.4", 1)
    with opened_workplace(tmp_path, "A@1:2") as place:
        assert place.settled() == {"1.2.3": 7, "1.2.4": 1}


@pytest.mark.parametrize("question", ["B@1:2", ""])
def test_what_another_pacs_gave_does_not_count(tmp_path: Path, question: str) -> None:
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.note("1.2.3", 7)

    with opened_workplace(tmp_path, question) as place:
        assert place.settled() == {}


@pytest.mark.parametrize("line", ["../x 7", "1.2.3", "1.2.3 many", "\0"])
def test_a_torn_line_does_not_count(tmp_path: Path, line: str) -> None:
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.note("1.2.3", 7)
        (place.folder / "settled").write_text(f"A@1:2\n1.2.9 2\n{line}\n")

        assert place.settled() == {"1.2.9": 2}


def test_a_study_may_have_grown_after_a_day(tmp_path: Path) -> None:
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.note("1.2.3", 7)
        then = time.time() - KEPT_SECONDS - 1
        os.utime(place.folder / "settled", (then, then))

        assert place.settled() == {}


def test_at_the_end_nothing_is_left_but_what_nobody_wanted(tmp_path: Path) -> None:
    with opened_workplace(tmp_path, "A@1:2") as place:
        place.clear()
        assert list(tmp_path.iterdir()) == []
    with opened_workplace(tmp_path, "A@1:2") as place:
        stranger = place.archive / "1.2" / "1.2.3" / "1.2.3.4.dcm"
        stranger.parent.mkdir(parents=True)
        stranger.write_bytes(b"")
        place.clear()

        assert place.strangers() == 1
        assert stranger.exists()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(MoveAway, match="cannot be written"), opened_workplace(tmp_path / "file" / "dicom", "A@1:2"):
        pass
