"""Why images have not come, said in plain words beside the mover's own, which differ from study to study."""

import pytest

from radquarry.api.pages.plain_problems import kind_of_problem
from radquarry.api.pages.retrievals import cause_key
from radquarry.api.pages.wording import LANGUAGES, Wording
from radquarry.api.retrieval_views import RetrievalStudy
from radquarry.dicom.moving import Counts, MoveEnd
from radquarry.mover.next_step import given_up
from tests.api.pages.conftest import browser_of
from tests.api.pages.reading import page_of
from tests.doubles.shown_desk import ShownDesk, retrieval
from tests.doubles.written_studies import CHEST, KNEE
from tests.mover.test_verdicts import after, wanted

NOTHING_SENT = MoveEnd(0x0000, Counts(completed=0, failed=0))
SOME_FAILED = MoveEnd(0xB000, Counts(completed=2, failed=1))
UNKNOWN_DESTINATION = MoveEnd(0xA801)
NO_RESOURCES = MoveEnd(0xA702)


@pytest.mark.parametrize(
    ("kind", "end", "received"),
    [
        ("not_online", NOTHING_SENT, 0),
        ("not_come", SOME_FAILED, 2),
        ("not_come", MoveEnd(None), 2),
        ("unknown_receiver", UNKNOWN_DESTINATION, 0),
        ("busy", NO_RESOURCES, 0),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_mover_says_of_an_attempt_has_plain_words(kind, end, received, language):
    problem = after(end, received, 3 - received).problem
    gave_up = given_up(wanted(given_up="given up by ada on 01 May 2025"), problem)

    assert [kind_of_problem(one) for one in (problem, gave_up, f"given up after 30 times: {problem}")] == [kind] * 3
    assert Wording(language)(f"problem.{kind}")


def test_other_words_are_left_as_they_are():
    assert [kind_of_problem(problem) for problem in ("", "the PACS failed", "given up by ada on 01 May 2025")] == [
        ""
    ] * 3


def test_a_cause_is_the_same_whatever_its_numbers():
    assert cause_key("3 of 41 instances have not come") == cause_key("12 of 32 instances have not come")
    assert cause_key("3 of 41 instances have not come") != cause_key("the images are not online")


async def test_studies_that_lack_images_for_one_reason_are_one_cause_with_an_example(desk: ShownDesk):
    lost = "{} of 10 instances have not come; the PACS said status 0000, 0 failed"
    studies = [
        RetrievalStudy(CHEST, "main", "waiting", 10, 7, lost.format(3)),
        RetrievalStudy(KNEE, "main", "waiting", 10, 4, lost.format(6)),
    ]
    desk.retrievals.views = [retrieval(1, studies)]
    async with browser_of(desk) as browse:
        address = f"/retrievals/{retrieval(1).id}"
        english, german = [
            page_of(await browse.get(address, headers={"Accept-Language": language})).text for language in LANGUAGES
        ]

    told = (
        "2 studies: Some of the images that the PACS names have not come. Exactly, of the first one: 3 of 10 instances"
    )
    assert told in english
    assert "9 images are missing." in english
    assert "2 Studien: Ein Teil der Bilder, die das PACS nennt, ist nicht gekommen." in german
