"""States of crawls by lists, queries and a RIS: very long, doubtful, not known yet."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from playwright.sync_api import Browser

from radquarry.api.crawl_drafts import Draft
from radquarry.api.crawl_problems import CrawlProblem
from radquarry.api.listers import Lister
from radquarry.api.lists.reading import read_list
from radquarry.api.pace import Pace
from tests.doubles.shown_crawls import crawl, crawl_of_rows, row
from tests.doubles.shown_desk import ShownDesk
from tests.doubles.written_studies import CHEST, KNEE, PRIOR, written_studies
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12
DOUBTFUL = f"""Auftragsnummer;Patienten-ID;Datum;Modalität;{ENDLESS}
1.2E+11;P1;bald;CT;x
{"9" * 64};{"P" * 64};04.03.2024;MR;{ENDLESS}
{"9" * 65};;;;
A1;;;;
A1;;;;
"""


def test_every_form_fits_every_screen(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        desk.crawls.listing = {"reports": Lister(("start_date", "procedure", "w" * 60)), "r" * 64: Lister()}

    with serve(furnish) as base:
        for way in ("dates", "rows", "queries", "ris"):
            looked_at(browser, base, f"form-{way}", f"/crawls?way={way}")
    with serve() as base:
        looked_at(browser, base, "form-no-ris", "/crawls?way=ris")


def test_rows_of_every_kind_and_length_break_no_page(browser: Browser, serve: Serve) -> None:
    rows = [
        row(1, study_instance_uids=(CHEST,), patient_id="P1", study_date=date(2024, 3, 6), modality="CT"),
        row(2, "accession", study_instance_uids=(PRIOR,)),
        row(3, "patient-date", study_instance_uids=(KNEE,), patient_id="P3"),
        row(4, "several", studies=120, study_instance_uids=tuple(f"1.2.826.0.{'9' * 50}.{n}" for n in range(100))),
        row(5, "conflict", problem="what was found has another patient id or date than the row"),
        row(6, "none", accession_number="9" * 64, patient_id="P" * 64, problem=ENDLESS),
        row(7, "none", problem="the PACS cut its answer", is_gap=True),
        row(8, "", accession_number="", query={"QueryRetrieveLevel": "STUDY", "PatientID": ENDLESS, "StudyDate": ""}),
        *(row(number, "", is_answered=False) for number in range(9, 80)),
    ]
    gaps = tuple(CrawlProblem("gap", ENDLESS, row=number) for number in range(1, 100))
    pace = Pace(0.4, datetime(2025, 7, 1, tzinfo=UTC))

    def furnish(desk: ShownDesk) -> None:
        desk.crawls.rows.views = rows
        chosen = {"ris": "r" * 64, "ris_filter": {"ward": ENDLESS}, "pace": pace}
        running = crawl_of_rows(rows, state="running", problems=gaps, problem_count=250, **chosen)
        desk.crawls.views = [running, crawl(2, way="ris", start_date=None, end_date=None, **chosen)]

    with serve(furnish, written_studies()) as base:
        for name, path in {
            "rows": f"/crawls/{ONE}",
            "rows-next": f"/crawls/{ONE}?after=50",
            "rows-none": f"/crawls/{ONE}?show=none",
            "rows-nothing": f"/crawls/{ONE}?show=exact&after=70",
            "crawls-of-all-kinds": "/crawls",
        }.items():
            looked_at(browser, base, name, path, status=404)  # nobody tells of progress here


def test_a_list_whose_rows_are_not_known_yet_says_so(browser: Browser, serve: Serve) -> None:
    def furnish(desk: ShownDesk) -> None:
        waiting = crawl_of_rows([], state="requested", studies_found=0, windows_planned=None, windows_closed=0)
        desk.crawls.views = [waiting]

    with serve(furnish) as base:
        looked_at(browser, base, "rows-unknown", f"/crawls/{ONE}", status=404)


def test_a_doubtful_list_is_told_before_it_is_ordered(browser: Browser, serve: Serve) -> None:
    draft = Draft.of(read_list(DOUBTFUL.encode()), "main", ("CT", "MR"))

    def furnish(desk: ShownDesk) -> None:
        desk.crawls.drafts.kept[ONE] = draft, ""

    with serve(furnish) as base:
        looked_at(browser, base, "list-doubtful", f"/crawls/lists/{ONE}")
        looked_at(browser, base, "list-gone", f"/crawls/lists/{UUID(int=9)}", status=404)
