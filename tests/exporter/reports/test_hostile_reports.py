"""Reports written by somebody who wants a name or a date to stay, or the exporter to stand still."""

import time

import pytest

from tests.exporter.reports.test_report_texts import cleaned


@pytest.mark.parametrize("part", ["\n", "Müller ", "1000 ", "\n1000 A"])
def test_a_text_of_one_part_over_and_over_is_cleaned_in_seconds(part: str) -> None:
    begin = time.process_time()

    cleaned(part * (40_000 // len(part)))

    assert time.process_time() - begin < 10
