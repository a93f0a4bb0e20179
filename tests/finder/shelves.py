"""Studies on file, and which of them a question finds: the truth behind every double of a PACS."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from fnmatch import fnmatchcase

from radquarry.finder.page import Page
from radquarry.finder.parts import Part, TextKey, second_of, values_of
from radquarry.messages import Study

DAY = date(2024, 5, 17)


def a_study(number: int, at: time | None = time(10, 30), **fields) -> Study:
    """A believable study of `DAY`."""
    return Study(
        **{
            "study_instance_uid": f"1.2.3.{number}",
            "study_date": DAY,
            "study_time": at,
            "patient_id": f"PAT{number:05d}",
            "accession_number": f"ACC{number:06d}",
            "modalities_in_study": ("CT",),
            **fields,
        }
    )


@dataclass
class Shelves:
    """A PACS in memory: gives the first `limit` matches and calls that complete, unless `cut_in_words`."""

    studies: list[Study]
    limit: int = 10**9
    cut_in_words: str = ""
    ignores: frozenset[str] = frozenset()
    timeless_match_ranges: bool = False
    gives_nothing_when_cut: bool = False
    asked: list[Part] = field(default_factory=list)

    async def ask(self, part: Part) -> Page:
        self.asked.append(part)
        found = [study for study in self.studies if self._matches(part, study)]
        is_cut = len(found) > self.limit if self.cut_in_words else False
        given = [] if is_cut and self.gives_nothing_when_cut else found[: self.limit]
        return Page(tuple(given), len(given), self.cut_in_words if is_cut else "")

    def _matches(self, part: Part, study: Study) -> bool:
        assert study.study_date
        return (
            (part.dates or (part.day, part.day))[0] <= study.study_date <= (part.dates or (part.day, part.day))[1]
            and (not part.modality or "modality" in self.ignores or part.modality in study.modalities_in_study)
            and ("time" in self.ignores or self._matches_time(part, study.study_time))
            and all(key in self.ignores or self._has(study, key, pattern) for key, pattern in part.patterns)
        )

    def _has(self, study: Study, key: TextKey, pattern: str) -> bool:
        shape = pattern.replace("[", "[[]")
        return any(value and fnmatchcase(value, shape) for value in values_of(study, key))

    def _matches_time(self, part: Part, at: time | None) -> bool:
        if part.begin is None or part.end is None:
            return True
        return self.timeless_match_ranges if at is None else part.begin <= second_of(at) <= part.end


def uids(studies: Iterable[Study]) -> set[str]:
    return {study.study_instance_uid for study in studies}


def over_days(count: int, days: int) -> list[Study]:
    """So many studies, spread over that many days before DAY."""
    return [
        a_study(number, time(number % 24, number % 60), study_date=DAY - timedelta(days=number % days))
        for number in range(count)
    ]
