"""The tools on files at hand in a real browser: picked, dropped, sent, refused, taken away."""

from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect

from radquarry.api.destinations import Destinations
from radquarry.api.file_job_views import RefusedFile
from radquarry.api.problems import Problem
from radquarry.api.security.rights import Rights
from tests.doubles.shown_deliveries import job
from tests.doubles.shown_desk import ShownDesk
from tests.journeys.browsing import tab
from tests.journeys.served_pages import Serve, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

ONE = UUID(int=1)
ENDLESS = "Lungenarterienembolieausschlussuntersuchung" * 12
HELD = "text is likely in the pixels: secondary capture"
DROP = """([place, files]) => {
  const data = new DataTransfer();
  for (const [name, size] of files) data.items.add(new File([new Uint8Array(size)], name));
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  document.querySelector(place).dispatchEvent(new DragEvent("drop", how));
}"""


def with_profiles(desk: ShownDesk, administrators: tuple[str, ...] = ()) -> None:
    desk.rights = Rights(administrators)
    desk.deliveries.destinations = Destinations({}, ("keep-dates",), desk.rights)


def with_jobs(desk: ShownDesk) -> None:
    """One job of each state."""
    with_profiles(desk)
    given = {"project": "", "profile": "", "mapping": False, "to": "dicom", "attributes": ["PatientID", "StudyDate"]}
    desk.files.views = [
        job(1),
        job(2, state="incomplete", done=9, refused=3, requested_by="a-long-user-name@hospital.example"),
        job(3, state="complete", done=12, kind="conversion", about=given | {"table": f"{ENDLESS}.csv"}),
        job(4, state="failed", done=0, problem=ENDLESS),
        job(5, state="requested", total=None, done=0, files=9_999, bytes=15 * 10**9, names=(f"{ENDLESS}.dcm",) * 300),
        job(6, state="cancelled", done=2),
        job(7, state="incomplete", done=0, refused=4, problem="no file could be released", is_removed=True),
    ]
    desk.files.lost = [
        RefusedFile("IM0003.dcm", HELD),
        RefusedFile(f"{ENDLESS}.dcm", ENDLESS),
        RefusedFile("IM0009.dcm", "this is no DICOM file"),
    ]


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "running"), (2, "refused"), (3, "converted"), (4, "failed"), (5, "many"), (6, "cancelled"), (7, "removed")],
)
def test_a_job_reads_well_in_every_state(browser: Browser, serve: Serve, number: int, name: str) -> None:
    with serve(with_jobs) as base:
        looked_at(
            browser, base, f"tools-{name}", f"/tools/{UUID(int=number)}", status=404 if number in {1, 5} else None
        )


def test_the_tools_read_well_empty_and_full(browser: Browser, serve: Serve) -> None:
    with serve(with_jobs) as base:
        looked_at(browser, base, "tools", "/tools")
        looked_at(browser, base, "tools-convert", "/tools?tool=convert")
    with serve(lambda desk: with_profiles(desk, ("ada",))) as base:
        looked_at(browser, base, "tools-none", "/tools")


def test_files_go_without_script(browser: Browser, serve: Serve) -> None:
    desks: list[ShownDesk] = []

    def furnish(desk: ShownDesk) -> None:
        with_jobs(desk)
        desks.append(desk)

    with serve(furnish) as base, tab(browser, base, java_script_enabled=False) as person:
        page = person.open("/tools")
        page.get_by_label("Project").fill("lung-2026")
        page.get_by_label("Files", exact=True).set_input_files(
            [{"name": name, "mimeType": "application/dicom", "buffer": b"DICM"} for name in ("a.dcm", "b.dcm")]
        )
        page.get_by_role("button", name="De-identify").click()
        page.wait_for_url(f"**/tools/{ONE}")

        page = person.open("/tools?tool=convert")
        page.get_by_label("Into").select_option("nifti")
        page.get_by_label("Files", exact=True).set_input_files({"name": "c.dcm", "mimeType": "", "buffer": b"DICM"})
        page.get_by_role("button", name="Convert").click()
        page.wait_for_url(f"**/tools/{ONE}")

    (kind, form, files), (other, converted, _) = desks[0].files.brought
    assert (kind, form.texts["project"], files) == ("deidentification", "lung-2026", [("a.dcm", 4), ("b.dcm", 4)])
    assert (other, converted.texts["to"], len(converted.files)) == ("conversion", "nifti", 1)


def dropped(page: Page, *files: tuple[str, int]) -> None:
    page.evaluate(DROP, ["[data-drop]", list(files)])


def test_files_that_are_dropped_are_listed_and_sent_with_their_progress(browser: Browser, serve: Serve) -> None:
    desks: list[ShownDesk] = []

    def furnish(desk: ShownDesk) -> None:
        with_jobs(desk)
        desks.append(desk)

    with serve(furnish) as base, tab(browser, base, locale="de-CH") as person:
        person.expected_statuses = {404}  # nobody tells of progress here
        page = person.open("/tools")
        dropped(page, ("a.dcm", 300_000), ("b.dcm", 5), (".DS_Store", 9), (f"{ENDLESS}.dcm", 0))
        expect(page.locator("[data-uploads-sum]")).to_have_text("3 Dateien, 300.0\u00a0kB")
        page.locator(".upload", has_text="b.dcm").get_by_role("button", name="Diese Datei weglassen").click()
        dropped(page, ("c.dcm", 1000))
        expect(page.locator(".upload")).to_have_count(3)
        person.check()
        person.shoot("state-tools-dropped-wide")
        page.get_by_role("button", name="De-identifizieren").click()
        page.wait_for_url(f"**/tools/{ONE}")

    ((kind, form, files),) = desks[0].files.brought
    assert (kind, form.texts["project"]) == ("deidentification", "default")
    assert files == [("a.dcm", 300_000), (f"{ENDLESS}.dcm", 0), ("c.dcm", 1000)]


def test_what_is_refused_says_why_and_the_list_stays(browser: Browser, serve: Serve) -> None:
    why = "The disk for files is full up to its reserve: nothing was taken."

    def furnish(desk: ShownDesk) -> None:
        with_profiles(desk)
        desk.files.refusal = Problem(507, "disk-full", "The disk is full", why)

    for wishes in ({}, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}):
        with serve(furnish) as base, tab(browser, base, **wishes) as person:
            person.expected_statuses = {507}
            page = person.open("/tools")
            dropped(page, ("a.dcm", 3000), ("b.dcm", 1_500_000))
            page.get_by_role("button", name="De-identify").click()
            expect(page.locator("[data-upload-problem]")).to_have_text(why)
            expect(page.locator(".upload")).to_have_count(2)
            expect(page.locator(".upload[data-sent]")).to_have_count(0)
            expect(page.get_by_role("button", name="De-identify")).to_be_enabled()
            person.check()
            person.shoot(f"state-tools-disk-full-{'narrow' if wishes else 'wide'}", whole=bool(wishes))


def test_more_than_is_taken_is_said_before_it_is_sent(browser: Browser, serve: Serve) -> None:
    with serve(with_profiles) as base, tab(browser, base) as person:
        page = person.open("/tools")
        page.evaluate('document.querySelector("form[data-upload]").dataset.mostBytes = "1000"')
        dropped(page, ("a.dcm", 3000))
        expect(page.locator("[data-upload-problem]")).to_contain_text("than are taken at a time")
        page.get_by_role("button", name="Clear the list").click()
        expect(page.locator("[data-upload-problem]")).to_be_hidden()


def test_a_job_is_removed_by_its_button(browser: Browser, serve: Serve) -> None:
    desks: list[ShownDesk] = []

    def furnish(desk: ShownDesk) -> None:
        with_jobs(desk)
        desks.append(desk)

    with serve(furnish) as base, tab(browser, base) as person:
        page = person.open(f"/tools/{UUID(int=2)}")
        expect(page.get_by_role("link", name="Download the result")).to_have_attribute(
            "href", f"/api/v1/deidentifications/{UUID(int=2)}/result"
        )
        expect(page.get_by_text("this is no DICOM file")).to_be_visible()
        page.get_by_role("button", name="Remove").click()
        page.wait_for_url("**/tools")
    assert desks[0].files.removed == [UUID(int=2)]
