"""The inside of a study: how many rows its series, or the images of its only one, give at once."""

from collections import Counter
from functools import partial
from typing import TypeVar

from radquarry.dicom.finding import AnswerLost, Answers, Question, find
from radquarry.dicom.peer import PacsRefuses
from radquarry.finder.lines import Line
from radquarry.finder.rows import images_question, series_question
from radquarry.messages import Study

Item = TypeVar("Item")


async def rows_inside(line: Line, charset: str, study: Study) -> int:
    """The longer of both answers; 0 where there is none. Raises `PacsAway` when there is no association."""
    uid = study.study_instance_uid
    series = await _answers(line, series_question(uid, charset, Counter()))
    if series is None or series.received != 1 or not series.items:
        return series.received if series else 0
    images = await _answers(line, images_question(uid, series.items[0].series_instance_uid, charset))
    return max(series.received, images.received if images else 0)


async def _answers(line: Line, question: Question[Item]) -> Answers[Item] | None:
    try:
        return await line.run(partial(find, question=question))
    except (AnswerLost, PacsRefuses):
        return None
