"""The series of studies: one C-FIND a study over one association, and more where an answer is cut."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from radquarry.dicom.association import Association
from radquarry.dicom.finding import AnswerLost, Answers, Question, find_each
from radquarry.finder.lines import Line
from radquarry.finder.pages import Pages
from radquarry.finder.rows import Problems, series_question
from radquarry.messages import Gap, Series, Study

ATTEMPTS = 3
FEW = 20
"""So many series are not taken for all where the study promises more; below it the promise may be out of date."""
MOST_NUMBERS = 1000
"""Series numbers asked for one by one at most, for one study."""


@dataclass(frozen=True)
class WithSeries:
    """Studies with their series and modalities; `gaps` names those whose series may not be all."""

    studies: tuple[Study, ...]
    gaps: tuple[Gap, ...]
    queries: int


def joined(parts: Sequence[WithSeries]) -> WithSeries:
    """Several as one, in their order."""
    return WithSeries(
        tuple(chain.from_iterable(part.studies for part in parts)),
        tuple(chain.from_iterable(part.gaps for part in parts)),
        sum(part.queries for part in parts),
    )


class SeriesListing:
    """The series of some studies; `pages` tells which answers are as long as the PACS's limit."""

    def __init__(self, pages: Pages, charset: str, problems: Problems) -> None:
        self._pages = pages
        self._charset = charset
        self._problems = problems
        self._gaps: list[Gap] = []
        self._queries = 0

    async def of(self, studies: Sequence[Study], line: Line) -> WithSeries:
        """Each study with its series, in the given order. Raises `PacsAway` when there is no association."""
        answers = await self._ask_all(line, [self._question(study) for study in studies])
        found = [await self._completed(line, study, answer) for study, answer in zip(studies, answers, strict=True)]
        return WithSeries(tuple(found), tuple(self._gaps), self._queries)

    async def _ask_all(self, line: Line, questions: Sequence[Question[Series]]) -> list[Answers[Series] | None]:
        """The answers in order; None where a question ended the association again and again."""
        answers: list[Answers[Series] | None] = []
        failed = 0
        while len(answers) < len(questions):
            got = await line.run(partial(_as_many_as_come, questions=questions[len(answers) :]))
            answers += got
            failed = 0 if got else failed + 1
            if failed == ATTEMPTS:
                answers.append(None)
                failed = 0
        self._queries += len(questions)
        return answers

    async def _completed(self, line: Line, study: Study, answer: Answers[Series] | None) -> Study:
        if answer is None:
            self._note(study, "the PACS ends the association whenever they are asked for")
            return study
        series = {each.series_instance_uid: each for each in answer.items}
        is_all = not self._is_cut(study, answer) or await self._is_all_in_parts(line, study, series)
        if not is_all and (answer.cut or self._pages.hit(answer.received)):
            self._note(study, answer.cut or f"the PACS gives {answer.received} answers at once")
        for reason, count in answer.malformed.items():
            self._note(study, f"{count} rows could not be read: {reason}")
        return _with(study, tuple(series.values()))

    def _is_cut(self, study: Study, answer: Answers[Series]) -> bool:
        promised = study.number_of_study_related_series or 0
        return bool(answer.cut) or self._pages.hit(answer.received) or promised > answer.received >= FEW

    async def _is_all_in_parts(self, line: Line, study: Study, series: dict[str, Series]) -> bool:
        """Ask by modality, then by series number; adds what comes to `series`."""
        promised = study.number_of_study_related_series
        modalities = {*study.modalities_in_study, *(each.modality for each in series.values())} - {""}
        by_modality = [self._question(study, modality=modality) for modality in sorted(modalities)]
        parts = await self._gather(line, by_modality, series)
        if promised is not None and len(series) >= promised:
            return True
        if study.modalities_in_study and not any(part is None or self._is_cut(study, part) for part in parts):
            return True
        most = min(MOST_NUMBERS, 2 * max(promised or 0, len(series)) + 10)
        await self._gather(line, [self._question(study, number=number) for number in range(most)], series)
        return promised is not None and len(series) >= promised

    async def _gather(
        self, line: Line, questions: Sequence[Question[Series]], series: dict[str, Series]
    ) -> list[Answers[Series] | None]:
        parts = await self._ask_all(line, questions)
        series |= {each.series_instance_uid: each for part in parts if part for each in part.items}
        return parts

    def _question(self, study: Study, **keys: Any) -> Question[Series]:
        return series_question(study.study_instance_uid, self._charset, self._problems, **keys)

    def _note(self, study: Study, reason: str) -> None:
        at = f"{study.study_time:%H:%M:%S}" if study.study_time else None
        about = f"the series of study {study.study_instance_uid} may not be all: {reason}"
        self._gaps.append(Gap(begin=at or "00:00:00", end=at or "23:59:59", reason=about))


def _as_many_as_come(association: Association, questions: Sequence[Question[Series]]) -> list[Answers[Series]]:
    """The answers until one is lost with the association."""
    answers: list[Answers[Series]] = []
    try:
        for answer in find_each(association, questions):
            if answer.is_lost:
                break
            answers.append(answer)
    except AnswerLost:
        pass
    return answers


def _with(study: Study, series: tuple[Series, ...]) -> Study:
    """The study with its series, and with their modalities where the PACS did not name any."""
    modalities = study.modalities_in_study or tuple(sorted({each.modality for each in series} - {""}))
    return study.model_copy(update={"series": series, "modalities_in_study": modalities})
