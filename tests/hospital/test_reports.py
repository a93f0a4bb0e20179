"""Reports say what is true, in two languages, and mention priors by their true dates."""

from itertools import pairwise

import pytest

from radquarry.hospital import Assertion, Hospital
from radquarry.hospital.dice import Dice
from radquarry.hospital.findings import findings
from radquarry.hospital.wording import slots, written_date

from .conftest import settings

TRUTH = Hospital(settings(studies=1500)).truth
STUDIES = list(TRUTH.studies())


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_phrase_of_the_stock_can_be_filled(language: str) -> None:
    words = slots(Dice("any"), language, "HEAD")
    known = words | {name.capitalize(): word for name, word in words.items()}
    for finding in findings():
        phrases = finding.phrases[language]
        for phrase in [*phrases["yes"], *phrases["maybe"], *phrases["no"], phrases["noun"], finding.noun(language)]:
            assert "{" not in phrase.format_map(known)


def test_every_report_has_its_five_sections_and_no_open_slot() -> None:
    headings = {
        "en": ["Clinical information", "Technique", "Comparison", "Findings", "Impression"],
        "de": ["Klinische Angaben", "Technik", "Vergleich", "Befund", "Beurteilung"],
    }
    for study in STUDIES:
        report = TRUTH.report(study.study_instance_uid)
        assert report is not None
        assert [heading for heading, _ in report.sections] == headings[study.language]
        assert "{" not in report.text


def test_an_affirmed_finding_stands_in_the_impression_and_a_negated_one_does_not() -> None:
    nouns = {finding.name: finding for finding in findings()}
    for study in STUDIES:
        report = TRUTH.report(study.study_instance_uid)
        assert report is not None
        lines = len(report.impression.splitlines())
        told = [a for a in study.findings.values() if a is not Assertion.NEGATED]
        assert len(told) <= lines <= max(len(told) + 1, 1)
        if Assertion.AFFIRMED in study.findings.values() or Assertion.UNCERTAIN in study.findings.values():
            assert not any(nothing in report.impression for nothing in ("Unremarkable", "Unauffälliger", "Normal find"))
    assert nouns


def test_a_prior_is_mentioned_by_its_true_date() -> None:
    compared = [study for study in STUDIES if study.compared_with]
    for study in compared:
        report = TRUTH.report(study.study_instance_uid)
        assert report is not None
        assert study.compared_with is not None
        assert written_date(study.compared_with, study.language) in dict(report.sections)[report.sections[2][0]][0]
        assert study.compared_with.strftime("%Y%m%d") < study.study_date

    assert len(compared) > 100


@pytest.mark.parametrize("name", ["pneumothorax", "pulmonary_embolism", "fracture", "hepatic_lesion", "infarct"])
@pytest.mark.parametrize("assertion", list(Assertion))
def test_the_findings_of_the_demo_are_frequent_in_every_assertion(name: str, assertion: Assertion) -> None:
    assert sum(study.findings.get(name) == assertion for study in STUDIES) >= 3


def test_both_languages_and_all_assertions_occur() -> None:
    german = sum(study.language == "de" for study in STUDIES)

    assert 0.4 * len(STUDIES) < german < 0.7 * len(STUDIES)


def test_truth_can_be_asked_by_finding() -> None:
    affirmed = list(TRUTH.with_finding("infarct"))

    assert affirmed
    assert all(study.findings["infarct"] == "affirmed" for study in affirmed)
    assert all(first.study_date <= second.study_date for first, second in pairwise(affirmed))


def test_an_unknown_study_has_no_truth() -> None:
    with pytest.raises(KeyError):
        TRUTH.study("1.2.3")
