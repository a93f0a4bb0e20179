"""Studies asked for by their UIDs alone, whatever their date: are they there, or surely not?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from radquarry.dicom.finding import AnswerLost, Question, find
from radquarry.finder.lines import Line
from radquarry.finder.rows import Problems, study_by_uid_question
from radquarry.messages import Study


@dataclass(frozen=True)
class Named:
    """`absent` are those of which the PACS said nothing and called that complete; in doubt, a study is in neither."""

    there: tuple[Study, ...]
    absent: frozenset[str]
    queries: int


async def ask_by_uid(uids: Sequence[str], charset: str, problems: Problems, line: Line) -> Named:
    """One C-FIND a study. Raises `PacsAway` when there is no association, `PacsRefuses`."""
    there: list[Study] = []
    absent: set[str] = set()
    for uid in uids:
        question: Question[Study] = study_by_uid_question(uid, charset, problems)
        try:
            answers = await line.run(partial(find, question=question))
        except AnswerLost:
            continue
        there += [study for study in answers.items if study.study_instance_uid == uid][:1]
        if not answers.received and not answers.cut:
            absent.add(uid)
    return Named(tuple(there), frozenset(absent), len(uids))
