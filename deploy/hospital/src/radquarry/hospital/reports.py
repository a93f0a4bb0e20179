"""What radiologists wrote: reports in English and German, made of the stock's phrases and true to the findings."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files
from typing import Any

from radquarry.hospital.dice import Dice, share
from radquarry.hospital.findings import Assertion, Finding, assertions, findings
from radquarry.hospital.visits import Visit, Visits
from radquarry.hospital.wording import filled, slots, written_date

_STATUSES = ("final", "corrected", "amended", "preliminary")
_STATUS_WEIGHTS = (86, 4, 4, 6)
_PHRASES = {Assertion.AFFIRMED: "yes", Assertion.UNCERTAIN: "maybe", Assertion.NEGATED: "no"}


@dataclass(frozen=True, slots=True)
class Report:
    """A written report: its sections in order, as (heading, lines)."""

    language: str
    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    author: str

    @property
    def impression(self) -> str:
        """The last section's text."""
        return "\n".join(self.sections[-1][1])

    @property
    def text(self) -> str:
        """The report as plain text; its words are those of every other form."""
        parts = [f"{heading}:\n" + "\n".join(lines) for heading, lines in self.sections]
        return "\n\n".join([self.title, *parts, self.author]) + "\n"

    def div(self) -> str:
        """The report as the inside of an HTML element."""
        parts = [
            f"<h3>{escape(heading)}:</h3><p>{'<br/>'.join(map(escape, lines))}</p>" for heading, lines in self.sections
        ]
        return f"<h2>{escape(self.title)}</h2>{''.join(parts)}<p><i>{escape(self.author)}</i></p>"

    def html(self) -> str:
        """The report as an HTML document."""
        head = f'<head><meta charset="utf-8"/><title>{escape(self.title)}</title><style>p{{margin:0}}</style></head>'
        return f'<!DOCTYPE html>\n<html lang="{self.language}">{head}<body>{self.div()}</body></html>'


class Reports:
    """Writes the report of any visit."""

    def __init__(self, visits: Visits, german_share: float) -> None:
        self._visits = visits
        self._german_share = german_share

    def language(self, visit: Visit) -> str:
        """de or en."""
        return "de" if share(self._visits.seed, "language", visit.number) < self._german_share else "en"

    def prior(self, visit: Visit) -> Visit | None:
        """The visit a report compares with: the latest before it that shows one of the same regions."""
        regions = {region for exam in visit.examinations for region in exam.regions}
        for number in reversed(self._visits.priors(visit)):
            earlier = self._visits.visit(number)
            if earlier.day < visit.day and any(regions.intersection(exam.regions) for exam in earlier.examinations):
                return earlier
        return None

    def status(self, visit: Visit) -> str:
        """The FHIR status of a visit's report."""
        return Dice(self._visits.seed, "status", visit.number).weighted(_STATUSES, _STATUS_WEIGHTS)

    def report(self, visit: Visit, *, corrected: bool = False) -> Report:
        """The report of a visit; one corrected, now or from the start, has an addendum before the impression."""
        corrected = corrected or self.status(visit) in {"corrected", "amended"}
        return _Writing(self._visits.seed, visit, self.prior(visit), self.language(visit)).report(corrected=corrected)


@lru_cache(maxsize=1)
def _frames() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "stock" / "frames.toml").read_text("utf-8"))


class _Writing:
    """One report while it is written."""

    def __init__(self, seed: int, visit: Visit, prior: Visit | None, language: str) -> None:
        self._visit = visit
        self._prior = prior
        self._language = language
        self._seed = seed
        self._frame = _frames()[language]
        self._dice = Dice(seed, "report", visit.number)
        self._told = assertions(seed, visit)
        self._told_before = assertions(seed, prior) if prior else {}
        self._findings = [finding for finding in findings() if finding.name in self._told]
        possible = [finding for finding in findings() if finding.fits(visit)]
        self._question = self._dice.pick(possible)

    def report(self, *, corrected: bool) -> Report:
        headings = self._frame["headings"]
        sections = [
            (headings["clinical"], (self._clinical(),)),
            (headings["technique"], (self._dice.pick(self._frame["technique"][self._visit.examinations[0].modality]),)),
            (headings["comparison"], (self._comparison(),)),
            (headings["findings"], self._described()),
            (headings["impression"], self._concluded()),
        ]
        if corrected:
            addendum = self._frame["phrases"]["addendum"].format(sentence=sections[-1][1][0])
            sections[3] = (sections[3][0], (*sections[3][1], addendum))
        joined = " und " if self._language == "de" else " and "
        title = joined.join(exam.description[self._language] for exam in self._visit.examinations)
        day = written_date(self._visit.day, self._language)
        family, given, *_, prefix = self._visit.radiologist.split("^")
        return Report(self._language, f"{title}, {day}", tuple(sections), f"{prefix} {given} {family}")

    def _phrase(self, name: str, **words: str) -> str:
        return filled(self._dice.pick(self._frame["phrases"][name]), words)

    def _clinical(self) -> str:
        region = self._visit.examinations[0].regions[0]
        reasons = self._frame["phrases"].get(f"reason_{region}", self._frame["phrases"]["reason"])
        reason = self._dice.pick(reasons)
        return self._phrase("clinical", reason=reason, question=self._bare(self._question))

    def _comparison(self) -> str:
        if self._prior is None:
            return self._phrase("no_prior")
        exam = self._prior.examinations[0].description[self._language]
        return self._phrase("prior", exam=exam, date=self._prior_date())

    def _prior_date(self) -> str:
        return written_date(self._prior.day, self._language) if self._prior else ""

    def _described(self) -> tuple[str, ...]:
        """The findings section: what is there, then what may be, then what is not, two negations at times in one."""
        lines = [self._sentence(finding) for finding in self._findings if not self._is_absent(finding)]
        absent = [finding for finding in self._findings if self._is_absent(finding)]
        while absent:
            finding = absent.pop(0)
            if absent and not self._has_resolved(finding) and self._dice.chance(0.25):
                second = absent.pop(0)
                lines.append(self._phrase("two_negated", first=self._bare(finding), second=self._bare(second)))
            else:
                lines.append(self._sentence(finding))
        return (*lines, self._phrase("normal"))

    def _sentence(self, finding: Finding) -> str:
        if self._has_resolved(finding):
            return self._phrase("resolved", noun=self._bare(finding), date=self._prior_date())
        phrases = finding.phrases[self._language]
        told = self._told[finding.name]
        sentence = filled(self._dice.pick(phrases[_PHRASES[told]]), self._slots(finding))
        if told is Assertion.AFFIRMED and self._told_before.get(finding.name) is Assertion.AFFIRMED:
            sentence += " " + self._phrase("unchanged", date=self._prior_date())
        return sentence

    def _concluded(self) -> tuple[str, ...]:
        lines = []
        for finding in self._findings:
            noun = finding.phrases[self._language]["noun"].format_map(self._slots(finding))
            if self._told[finding.name] is Assertion.AFFIRMED:
                lines.append(filled("{noun}.", {"noun": noun}))
            elif self._told[finding.name] is Assertion.UNCERTAIN:
                lines.append(self._phrase("suspected", noun=noun))
        if self._told.get(self._question.name) is Assertion.NEGATED:
            lines.append(self._phrase("negated", noun=self._bare(self._question)))
        lines = lines or [self._phrase("nothing")]
        return tuple(lines) if len(lines) == 1 else tuple(f"{place}. {line}" for place, line in enumerate(lines, 1))

    def _is_absent(self, finding: Finding) -> bool:
        return self._told[finding.name] is Assertion.NEGATED

    def _has_resolved(self, finding: Finding) -> bool:
        return self._is_absent(finding) and self._told_before.get(finding.name) is Assertion.AFFIRMED

    def _bare(self, finding: Finding) -> str:
        return finding.noun(self._language).format_map(self._slots(finding))

    def _slots(self, finding: Finding) -> dict[str, str]:
        dice = Dice(self._seed, "slots", self._visit.number, finding.name)
        return slots(dice, self._language, self._visit.examinations[0].body_part)
