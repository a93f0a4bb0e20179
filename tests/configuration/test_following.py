"""When an archive is followed."""

from datetime import time
from pathlib import Path

import pytest

from radquarry.configuration.file import ConfigurationError, load
from radquarry.configuration.sections import Follow, Whole

PACS = "pacs:\n  main: {ae_title: PACS, host: 127.0.0.1, port: 104}\n"


def followed(tmp_path: Path, section: str) -> Follow | None:
    file = tmp_path / "radquarry.yaml"
    file.write_text(PACS.replace("104", f"104, {section}") if section else PACS)
    return load(Whole, file, {}).pacs["main"].follow


def test_nothing_is_followed_unless_it_is_said(tmp_path: Path) -> None:
    assert followed(tmp_path, "") is None
    assert followed(tmp_path, "follow: ") is None


def test_an_empty_section_has_sensible_habits(tmp_path: Path) -> None:
    assert followed(tmp_path, "follow: {}") == Follow(at=time(1), days=(1, 7, 30, 365))


@pytest.mark.parametrize("written", ["20:30", "'20:30'", '"20:30:00"'])
def test_a_time_may_go_without_its_quotes(tmp_path: Path, written: str) -> None:
    assert followed(tmp_path, f"follow: {{at: {written}, days: [3, 90]}}") == Follow(at=time(20, 30), days=(3, 90))


@pytest.mark.parametrize("written", ["25:00", "20:00:30", "true", "1.5", "'01:00Z'", "noon"])
def test_what_is_no_time_of_the_day_is_refused_by_file_and_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigurationError, match=r"radquarry.yaml:2: pacs.main.follow.at: .*such as 01:00"):
        followed(tmp_path, f"follow: {{at: {written}}}")


def test_a_visit_after_no_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"follow\.days"):
        followed(tmp_path, "follow: {days: [0]}")
