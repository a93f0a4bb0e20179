"""Only those studies of a day that match a description or an institution: on our side, a PACS may ignore such keys."""

from collections.abc import Mapping
from dataclasses import replace

from radquarry.finder.matching import fits
from radquarry.finder.page import Listed
from radquarry.messages import Gap, Study


def narrowed(listed: Listed, keys: Mapping[str, str]) -> Listed:
    """The studies that match every key; a gap where the PACS told nothing by which to tell."""
    gaps = [
        Gap(
            begin="00:00:00",
            end="23:59:59",
            reason=f"the PACS names no {keyword}, so that {len(listed.studies)} studies cannot be told apart by it",
        )
        for keyword in keys
        if listed.studies and not any(_value(study, keyword) for study in listed.studies)
    ]
    wanted = tuple(study for study in listed.studies if _is_wanted(study, keys))
    return replace(listed, studies=wanted, gaps=(*listed.gaps, *gaps))


def _is_wanted(study: Study, keys: Mapping[str, str]) -> bool:
    return all(fits(_value(study, keyword), pattern) for keyword, pattern in keys.items())


def _value(study: Study, keyword: str) -> str:
    return study.study_description if keyword == "StudyDescription" else study.institution_name
