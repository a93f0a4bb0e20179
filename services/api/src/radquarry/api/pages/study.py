"""The study page: the report as it was written, the series, the patient's other studies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from textwrap import dedent

from radquarry.api.pages.formats import person_name
from radquarry.api.pages.found_words import marked
from radquarry.api.pages.study_history import HistoryRow, study_history
from radquarry.api.pages.study_line import StudyLine, study_line
from radquarry.api.pages.timeline import Timeline, timeline
from radquarry.api.pages.viewer import viewer_href
from radquarry.api.pages.visible import shortened, visible
from radquarry.api.study_changes import ChangeView
from radquarry.index.document import Document, Piece
from radquarry.messages import Report, Series, Study

LONGEST_REPORT = 60_000

_HEADING = re.compile(
    r"[^\S\n]*(?P<name>[^\W\d_][^\n:.;,]{1,60}):[^\S\n]*(?P<rest>[^\n]*)",
)


@dataclass(frozen=True)
class Section:
    """A stretch of a report under its heading; text before the first heading has none."""

    heading: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class ReportView:
    """A report in its sections. `cut` where only the beginning is shown: the whole is at `href`."""

    sections: tuple[Section, ...]
    cut: bool
    href: str
    length: int
    status: str
    version: str
    performer: str
    issued: datetime
    language: str
    link: str


@dataclass(frozen=True)
class SeriesRow:
    """One series; `here` of `images` are in the archive, None where nobody knows how many there are.

    `viewer_href` is empty where there is nothing to look at.
    """

    number: int | None
    modality: str
    description: str
    body_part: str
    images: int | None
    here: int
    viewer_href: str


@dataclass(frozen=True)
class StudyPage:
    """Everything known about one study. `here` counts its images in the archive; see `SeriesRow`."""

    line: StudyLine
    patient_name: str
    patient_id: str
    birth_date: date | None
    accession_number: str
    referring_physician: str
    pacs: str
    ris: str
    report: ReportView | None
    series: tuple[SeriesRow, ...]
    images: int | None
    here: int
    viewer_href: str
    timeline: Timeline | None
    gone_at: datetime | None
    history: tuple[HistoryRow, ...]


@dataclass(frozen=True)
class Around:
    """`siblings`: the patient's studies, oldest first; `here`: archived images by series; `words` are marked.

    `viewable`: series of which files are in the archive now.
    """

    siblings: Sequence[Document] = ()
    here: Mapping[str, int] = field(default_factory=dict)
    viewable: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    changes: Sequence[ChangeView] = ()


def study_page(document: Document, around: Around) -> StudyPage:
    """One study with what is known around it."""
    study = document.study or Study(study_instance_uid=document.study_instance_uid)
    line = study_line(document)
    return StudyPage(
        line=line,
        patient_name=visible(person_name(study.patient_name)),
        patient_id=visible(study.patient_id),
        birth_date=study.patient_birth_date,
        accession_number=visible(study.accession_number),
        referring_physician=visible(person_name(study.referring_physician_name)),
        pacs=document.pacs,
        ris=document.ris,
        report=_report(document.report, line.href, around.words) if document.report else None,
        series=tuple(_series(series, document.study_instance_uid, around) for series in _in_order(study)),
        images=study.number_of_study_related_instances,
        here=sum(around.here.values()),
        viewer_href=viewer_href(document.study_instance_uid) if around.viewable else "",
        timeline=timeline([study_line(sibling) for sibling in around.siblings], line.uid),
        gone_at=document.gone_at,
        history=study_history(around.changes, document),
    )


def _report(report: Report, href: str, words: frozenset[str]) -> ReportView:
    text, cut = shortened(report.text, LONGEST_REPORT)
    return ReportView(
        sections=tuple(Section(heading, marked(dedent(body), words)) for heading, body in sections(visible(text))),
        cut=cut,
        href=f"{href}/report.txt",
        length=len(report.text),
        status=visible(report.status),
        version=visible(report.version),
        performer=visible(report.performer),
        issued=report.issued,
        language=report.language if re.fullmatch(r"[a-z]{2}", report.language) else "",
        link=report.link,
    )


def sections(text: str) -> Iterator[tuple[str, str]]:
    """The report cut where a line begins with a heading and a colon: `Findings: …`, `BEURTEILUNG:`."""
    heading, lines = "", list[str]()
    for line in text.strip("\n").split("\n"):
        found = _HEADING.fullmatch(line) if len(line) < 20_000 else None
        if found is None or len(found["name"].split()) > 4:
            lines.append(line)
            continue
        if heading or any(lines):
            yield heading, "\n".join(lines).strip("\n")
        heading, lines = found["name"].strip(), [found["rest"]] if found["rest"] else []
    yield heading, "\n".join(lines).strip("\n")


def _in_order(study: Study) -> list[Series]:
    return sorted(study.series, key=lambda series: (series.series_number is None, series.series_number or 0))


def _series(series: Series, study: str, around: Around) -> SeriesRow:
    uid = series.series_instance_uid
    return SeriesRow(
        number=series.series_number,
        modality=visible(series.modality),
        description=visible(series.series_description),
        body_part=visible(series.body_part_examined),
        images=series.number_of_series_related_instances,
        here=around.here.get(uid, 0),
        viewer_href=viewer_href(study, uid) if uid in around.viewable else "",
    )
