"""A crawl that makes no sense is refused in words; a row without a number is none of the reasons."""

from datetime import date

import pytest

from radquarry.finder.plans import CrawlRefused, check
from radquarry.messages import CrawlRequested, Row
from tests.finder.portions import CRAWL, rows
from tests.finder.shelves import DAY


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "here it is nothing"),
        ({"rows": rows(1), "ris": "main"}, "here it is rows and ris"),
        ({"rows": rows(1), "start_date": DAY, "end_date": DAY}, "start_date and end_date and rows"),
        ({"start_date": DAY}, "go together"),
        ({"rows": (Row(number=7, accession_number="SECRET*"),)}, "row 7"),
        ({"rows": (Row(number=7, accession_number="SECRET\\2"),)}, "row 7"),
        ({"rows": rows(1), "study_description": "SECRET"}, "go with start_date and end_date"),
        ({"queries": ({"QueryRetrieveLevel": "STUDY", "StudyDate": "SECRET"},)}, "query 1: StudyDate"),
        ({"start_date": DAY, "end_date": DAY, "study_description": "SECRET\\"}, "no backslash"),
        ({"start_date": DAY, "end_date": DAY, "modalities": ("*",)}, "without wildcards"),
        ({"start_date": date(1700, 1, 1), "end_date": DAY}, "more than 200 years"),
    ],
)
def test_a_crawl_that_makes_no_sense_is_refused_in_words_without_its_values(fields, words):
    with pytest.raises(CrawlRefused) as refused:
        check(CrawlRequested(crawl_id=CRAWL, pacs="main", **fields))
    assert words in str(refused.value)
    assert "SECRET" not in str(refused.value)


def test_a_row_without_any_number_is_no_reason_to_refuse_a_list():
    check(CrawlRequested(crawl_id=CRAWL, pacs="main", rows=(Row(number=1), *rows(2))))
