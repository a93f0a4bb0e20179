"""One catalogue, both languages whole, and no word of a page outside it."""

import re
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import Environment

from radquarry.api import pages
from radquarry.api.pages.wording import LANGUAGES, Wording, catalogue
from radquarry.index.language import parse
from radquarry.index.port import QueryRefused

ROOT = Path(pages.__file__).parent
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
SAID_ALOUD = re.compile(r'\b(?:aria-label|title|placeholder|alt|label|value)="([^"]*)"')
NAMES = {"radquarry"}
KEYS_BY_PATTERN = (
    "field.", "sort.", "crawl_state.", "retrieval_state.", "pacs_state.", "modality_name.", "sex.", "age.", "status.",
    "link.", "problem.", "look.", "language.", "theme.", "patient_sex.", "has_report.", "is_gone.", "refused.",
    "error.", "help.", "nav.", "pacs.did_", "pacs.keys_", "pacs_now.", "weekday.", "coverage.is_", "change.",
    "storage.part_", "reid_state.", "preview.show_", "preview.what_", "preview.is_", "reid.which_", "reid.none_",
    "delivery_state.", "destination_kind.", "fate.", "files_state.", "format.", "tool.", "tool_kind.", "tools.one.",
    "way.", "meaning.", "delimiter.", "note.", "list.form_", "show.", "row.",
)  # fmt: skip


def sentences(key: str, language: str) -> list[str]:
    entry = catalogue()[key][language]
    return entry if isinstance(entry, list) else [entry]


def placeholders(key: str, language: str) -> set[str]:
    return {name for text in sentences(key, language) for _, name, _, _ in Formatter().parse(text) if name}


def test_every_entry_is_whole_in_every_language():
    assert len(catalogue()) > 200
    for key, entry in catalogue().items():
        assert set(entry) == set(LANGUAGES), key
        assert len(sentences(key, "en")) == len(sentences(key, "de")), key
        assert len(sentences(key, "en")) in {1, 2}, key
        assert placeholders(key, "en") == placeholders(key, "de"), key
        assert all(text.strip() for language in LANGUAGES for text in sentences(key, language)), key


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_word_stands_in_a_template_itself(template: Path):
    data = "".join(
        text if kind == "data" else "\x00" * text.count("\n")
        for _, kind, text in Environment().lex(template.read_text("utf-8"))  # noqa: S701 - nothing is rendered
        if kind in {"data", "variable_end", "block_end"}
    )
    told = re.sub(r"<[^>]*>", " ", data)
    loud = " ".join(SAID_ALOUD.findall(data))
    stray = set(re.findall(r"[^\W\d_]{2,}", f"{told} {loud}")) - NAMES
    assert not stray


def test_every_key_a_template_names_is_in_the_catalogue():
    named = {
        (template.name, key)
        for template in TEMPLATES
        for key in re.findall(r"""\bt\(["']([\w.-]+)["'][,)]""", template.read_text("utf-8"))
    }
    assert named
    assert {(name, key) for name, key in named if key not in catalogue()} == set()


def test_every_key_of_the_catalogue_is_used():
    sources = "\n".join(path.read_text("utf-8") for path in [*TEMPLATES, *ROOT.rglob("*.py")])
    unused = {key for key in catalogue() if key not in sources and not key.startswith(KEYS_BY_PATTERN)}
    assert unused == set()


@pytest.mark.parametrize(
    "q", ["(a", "a)", '"a', "a^2", "/a/", "a~9", "modality:(pacs:x)", "study_date:soon", "*a", "a:b", "- a", "OR"]
)
def test_the_refusals_of_the_query_language_are_known_in_german(q: str):
    with pytest.raises(QueryRefused) as refused:
        parse(q)
    sentence = re.sub(r"(?<=the nearest is ).*", "{name}", str(refused.value))
    assert f"refused.{sentence}" in catalogue()
    assert catalogue()[f"refused.{sentence}"]["en"] == sentence


def test_one_and_many_are_told_apart_and_large_numbers_are_readable():
    en, de = Wording("en"), Wording("de")
    assert en("search.total", n=1) == "1 study"
    assert en("search.total", n=12345) == "12\u202f345 studies"
    assert de("search.total", n=0) == "0 Studien"


def test_a_key_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        Wording("en")("search.nothing_of_the_kind")


def test_values_of_strangers_are_put_in_as_they_are():
    assert Wording("en")("search.deny", value="{0.__class__}") == "Without {0.__class__}"
