"""A question who is behind a pseudonym that nobody decides is refused by time."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.api.exchange import Exchange, Limits
from radquarry.api.reidentification_deadlines import Deadlines
from radquarry.messages import ResolvePseudonyms
from tests.api.gateway import Gateway, a_problem
from tests.api.second_person import PATH, REASON, WHO, Resolver, asked, decided_until, state_is
from tests.api.stories import NOON


async def test_a_question_that_nobody_decides_lapses_which_is_told_and_written_down_once(
    four: Gateway, resolver: Resolver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = (await asked(four, "bob")).json()["id"], (await asked(four, "bob")).json()["id"]
    shown = (await four.client.get(f"{PATH}/{one}", auth=WHO["bob"])).json()
    asked_at, ends_at = (datetime.fromisoformat(shown[name]) for name in ("requested_at", "expires_at"))
    assert ends_at - asked_at == timedelta(days=14)
    resolver.answer_unasked(UUID(one))

    await decided_until(four, one, NOON)
    await state_is(four, one, "lapsed")
    for step, body in (("approve", None), ("refuse", {"reason": REASON})):
        problem = a_problem(await four.client.post(f"{PATH}/{one}/{step}", json=body, auth=WHO["ada"]), 409)
        assert problem["detail"] == "Nobody decided in time: the question has lapsed, and is asked anew."
    assert four.bus.orders(ResolvePseudonyms) == []

    deadlines = Deadlines(four.state, Exchange(tmp_path / "exchange", Limits()), lambda: NOON)
    for _ in range(2):
        await deadlines.look_after(NOON)
    shown = (await four.client.get(f"{PATH}/{one}", auth=WHO["bob"])).json()
    assert (shown["state"], shown["refused_by"], shown["refusal"]) == ("lapsed", "", "Nobody decided in time.")
    assert datetime.fromisoformat(shown["refused_at"]) == NOON
    assert resolver.lying() == []
    said = [line for line in capsys.readouterr().out.splitlines() if "reidentification lapsed" in line]
    assert [(one in line, "bob" in line) for line in said] == [(True, True)]
    await state_is(four, other, "requested")
