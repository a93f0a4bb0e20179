"""Four people at an api, two of them administrators, and an exporter that resolves pseudonyms for them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from radquarry.api.delivery_tables import reidentifications
from radquarry.api.passwords import hashed
from radquarry.messages import PseudonymsResolved, ResolvePseudonyms
from radquarry.service import Service
from tests.api.gateway import Gateway, a_gateway, becomes
from tests.api.stories import SECRET

REASON = "An incidental finding that the patient has to be told of"
PATH = "/api/v1/reidentifications"
WHO = {name: httpx.BasicAuth(name, name) for name in ("ada", "Ada", "eve", "bob", "joe")}


class Resolver:
    """What the exporter does: a file with the answer, then the word that it is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "exchange" / "reidentifications"
        self.asked: list[ResolvePseudonyms] = []
        self.gateway: Gateway | None = None
        self.original, self.problem = SECRET, ""

    async def resolve(self, order: ResolvePseudonyms) -> None:
        self.asked.append(order)
        self._folder.mkdir(parents=True, exist_ok=True)
        found = [{"pseudonym": each, "what": "PatientName", "original": self.original} for each in order.pseudonyms]
        (self._folder / f"{order.reidentification_id}.json").write_text(json.dumps({"originals": found}))
        assert self.gateway is not None
        about = {"reidentification_id": order.reidentification_id, "delivery_id": order.delivery_id}
        await self.gateway.bus.publish(PseudonymsResolved.after(order, **about, found=len(found), problem=self.problem))

    def answer_unasked(self, reidentification_id: UUID) -> None:
        """As after an approval that the bus took and whose writer then broke off."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{reidentification_id}.json").write_text(json.dumps({"originals": []}))

    def lying(self) -> list[str]:
        return [path.name for path in self._folder.glob("*")] if self._folder.is_dir() else []


@asynccontextmanager
async def among_four(folder: Path, resolver: Resolver) -> AsyncIterator[Gateway]:
    """Ada, who has two accounts, and Eve are administrators, Bob and Joe are not."""
    users = folder / "users"
    users.write_text("".join(f"{name}:{hashed(name)}\n" for name in WHO))
    api = {"authentication": {"users_file": users, "administrators": ["ada", "Ada", "eve"]}}
    async with a_gateway(folder, Service("exporter", {ResolvePseudonyms: resolver.resolve}), api=api) as opened:
        resolver.gateway = opened
        yield opened


async def delivered(gateway: Gateway, **changes: Any) -> str:
    """A delivery that Ada has ordered."""
    order = {"studies": await gateway.hold(1), "destination": "research", "deidentify": True, **changes}
    return str((await gateway.client.post("/api/v1/retrievals", json=order, auth=WHO["ada"])).json()["delivery"])


async def asked(gateway: Gateway, user: str, deidentify: Any = True) -> httpx.Response:
    """`user` asks about a delivery that Ada has ordered."""
    delivery = await delivered(gateway, deidentify=deidentify)
    question = {"delivery": delivery, "pseudonyms": ["P-1", "P-2"], "reason": REASON}
    return await gateway.client.post(PATH, json=question, auth=WHO[user])


async def answered(gateway: Gateway, user: str) -> str:
    """A question of `user` whose answer is ready."""
    one = str((await asked(gateway, user)).json()["id"])
    await gateway.client.post(f"{PATH}/{one}/approve", auth=WHO["ada"])
    await state_is(gateway, one, "answered")
    return one


async def state_is(gateway: Gateway, one: str, wanted: str) -> None:
    async def state() -> str:
        return str((await gateway.client.get(f"{PATH}/{one}", auth=WHO["ada"])).json()["state"])

    await becomes(state, wanted)


async def decided_until(gateway: Gateway, one: str, moment: datetime) -> None:
    """The question has waited so long that it can be decided until then."""
    row = update(reidentifications).where(reidentifications.c.reidentification_id == UUID(one))
    async with gateway.state.writing() as connection:
        await connection.execute(row.values(expires_at=moment))
