"""A part of a day as one C-FIND can ask for it, and how it falls into smaller ones that leave nothing out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from fnmatch import fnmatchcase
from typing import Literal

from radquarry.messages import Study

LAST_SECOND = 24 * 60 * 60 - 1

TextKey = Literal["PatientID", "AccessionNumber", "ModalitiesInStudy"]
TEXT_KEYS: tuple[TextKey, ...] = ("PatientID", "AccessionNumber")
"""Required keys that match with wildcards (PS3.4 Table C.6-5): by their ends a second can be split further."""


@dataclass(frozen=True)
class Part:
    """One day, or a stretch of its seconds (both ends included), or those studies of it whose keys match.

    Without `begin` and `end` no time is asked for, so that studies without a time are in it too. `dates` (both
    included) are asked for instead of the day: the answer then says how much the PACS can tell at once.
    """

    day: date
    modality: str = ""
    begin: int | None = None
    end: int | None = None
    patterns: tuple[tuple[TextKey, str], ...] = ()
    dates: tuple[date, date] | None = None

    @property
    def is_whole_day(self) -> bool:
        """Whether no time is asked for."""
        return self.begin is None

    @property
    def is_second(self) -> bool:
        """Whether time can split it no further."""
        return self.begin is not None and self.begin == self.end

    @property
    def study_date(self) -> str:
        """As a key: a date, or a range."""
        return "-".join(_digits(day) for day in self.dates) if self.dates else _digits(self.day)

    @property
    def study_time(self) -> str:
        """As a key: a range to the last fraction of its last second, or "" for any time or none."""
        if self.begin is None or self.end is None:
            return ""
        return f"{_clock(self.begin):%H%M%S}-{_clock(self.end):%H%M%S}.999999"

    @property
    def clock_range(self) -> tuple[str, str]:
        """Begin and end for people."""
        begin, end = self.begin or 0, LAST_SECOND if self.end is None else self.end
        return f"{_clock(begin):%H:%M:%S}", f"{_clock(end):%H:%M:%S}"

    def between(self, begin: int, end: int) -> "Part":
        """The seconds `begin` to `end` of it."""
        return replace(self, begin=begin, end=end)

    def around(self, days: int) -> "Part":
        """So many days more on both sides. Raises OverflowError at the ends of the calendar."""
        return replace(self, dates=(self.day - timedelta(days), self.day + timedelta(days)))

    def beside(self, days: int) -> tuple["Part", "Part"]:
        """So many days before it, and after it. Raises OverflowError."""
        one = timedelta(days=1)
        first, last = self.day - timedelta(days), self.day + timedelta(days)
        return replace(self, dates=(first, self.day - one)), replace(self, dates=(self.day + one, last))

    def halves(self) -> tuple["Part", "Part"]:
        """The two halves of its seconds; of a whole day those of its 86,400."""
        begin, end = self.begin or 0, LAST_SECOND if self.end is None else self.end
        middle = (begin + end) // 2
        return self.between(begin, middle), self.between(middle + 1, end)

    def around_second(self, second: int) -> Iterator["Part"]:
        """What of it lies before the second, the second, and what lies after."""
        begin, end = self.begin or 0, LAST_SECOND if self.end is None else self.end
        if second > begin:
            yield self.between(begin, second - 1)
        yield self.between(second, second)
        if second < end:
            yield self.between(second + 1, end)

    def having(self, key: TextKey, pattern: str) -> "Part":
        """Those of its studies whose `key` matches `pattern` (`*` and `?`)."""
        return replace(self, patterns=(*(each for each in self.patterns if each[0] != key), (key, pattern)))

    def is_of_day(self, study: Study) -> bool:
        """Whether the study belongs to the window at all: a PACS may ignore keys."""
        return study.study_date in (None, self.day) and (
            not self.modality or not study.modalities_in_study or self.modality in study.modalities_in_study
        )

    def holds(self, study: Study) -> bool:
        """Whether the study matches every key of this part."""
        return self.is_of_day(study) and self._holds_time(study.study_time) and self.has_keys_of(study)

    def has_keys_of(self, study: Study) -> bool:
        """Whether the study's text keys match, in any case of letters: a PACS may not tell them apart."""
        return all(
            any(fnmatchcase(value.upper(), pattern.upper().replace("[", "[[]")) for value in values_of(study, key))
            for key, pattern in self.patterns
        )

    def _holds_time(self, at: time | None) -> bool:
        if self.begin is None or self.end is None:
            return True
        return at is not None and self.begin <= second_of(at) <= self.end


def second_of(at: time) -> int:
    """The second of the day."""
    return at.hour * 3600 + at.minute * 60 + at.second


def values_of(study: Study, key: TextKey) -> tuple[str, ...]:
    """What the study has under a text key; one empty value where it has none."""
    match key:
        case "PatientID":
            return (study.patient_id,)
        case "AccessionNumber":
            return (study.accession_number,)
        case "ModalitiesInStudy":
            return study.modalities_in_study or ("",)


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")  # strftime drops the zeros of a year before 1000


def _clock(second: int) -> time:
    return time(second // 3600, second // 60 % 60, second % 60)
