"""What was there before an upgrade keeps its meaning after it."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from radquarry.api.__main__ import MIGRATIONS
from radquarry.api.delivery_tables import reidentifications
from radquarry.state.migration import migrate
from radquarry.state.store import open_state
from tests.api.stories import NOON
from tests.contracts.states import KINDS, empty_state_url

STUDIES = [  # state, expected, received: of it to come
    ("running", 10, 4, 6),
    ("waiting", None, 0, 0),
    ("requested", None, 0, 0),
    ("paused", 5, 7, 0),
    ("incomplete", 9, 1, 0),
    ("cancelled", None, 0, 0),
]


def before(revision: str, folder: Path) -> Path:
    """A folder of the migrations that an older radquarry had."""
    older = folder / "older"
    older.mkdir()
    for file in MIGRATIONS.glob("*.py"):
        if file.stem[:4] < revision:
            shutil.copy(file, older)
    return older


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_to_come_of_old_retrievals_is_counted(kind: str, tmp_path: Path) -> None:
    older = before("0005", tmp_path)
    retrieval, other = uuid4().hex, uuid4().hex
    async with empty_state_url(kind, tmp_path) as url, open_state(url) as state:
        await migrate(state, "api", older)
        async with state.writing() as connection:
            for key in (retrieval, other):
                about = {"retrieval_id": key}
                await connection.execute(
                    text("INSERT INTO api_retrievals (retrieval_id) VALUES (:retrieval_id)"), about
                )
            insert = text(
                "INSERT INTO api_retrieval_studies "
                "(retrieval_id, study_instance_uid, pacs, problem, revision, listed, state, expected, received) "
                "VALUES (:retrieval_id, :uid, 'main', '', 1, 0, :state, :expected, :received)"
            )
            for number, (state_of_it, expected, received, _) in enumerate(STUDIES):
                stand = {"state": state_of_it, "expected": expected, "received": received}
                await connection.execute(insert, {"retrieval_id": retrieval, "uid": f"1.2.{number}", **stand})

        await migrate(state, "api", MIGRATIONS)

        counted = "SELECT to_come, uncounted, pace FROM api_retrievals ORDER BY to_come DESC"
        async with state.reading() as connection:
            rows = [tuple(row) for row in await connection.execute(text(counted))]
    assert rows == [(sum(each[3] for each in STUDIES), 2, "[]"), (0, 0, "[]")]


@pytest.mark.parametrize("kind", KINDS)
async def test_questions_that_wait_have_the_usual_time_from_the_upgrade_on(kind: str, tmp_path: Path) -> None:
    older = before("0009", tmp_path)
    waiting, refused = uuid4(), uuid4()
    async with empty_state_url(kind, tmp_path) as url, open_state(url) as state:
        await migrate(state, "api", older)
        async with state.writing() as connection:
            about = {"delivery_id": uuid4(), "pseudonyms": "[]", "reason": "", "requested_by": "", "requested_at": NOON}
            for key, at in ((waiting, None), (refused, NOON)):
                row = {"reidentification_id": key, "refused_at": at, **about}
                await connection.execute(reidentifications.insert().values(row))

        await migrate(state, "api", MIGRATIONS)

        table = reidentifications.c
        async with state.reading() as connection:
            ends = dict((await connection.execute(select(table.reidentification_id, table.expires_at))).all())
    assert ends[refused] is None
    assert timedelta(days=13) < ends[waiting] - datetime.now(UTC) <= timedelta(days=14)
