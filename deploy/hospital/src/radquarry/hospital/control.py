"""The control desk: faults, traffic and truth over HTTP, for this machine only."""

from dataclasses import asdict
from ipaddress import ip_address
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Depends, HTTPException, Request
from pydantic import ValidationError

from radquarry.hospital.faults import Faults
from radquarry.hospital.traffic import Traffic
from radquarry.hospital.truth import Truth


class KnowsDestinations(Protocol):
    """A PACS that can be told of a C-MOVE destination."""

    def know(self, ae_title: str, host: str, port: int) -> None: ...


def control_router(faults: Faults, traffic: Traffic, truth: Truth, pacs: KnowsDestinations) -> APIRouter:
    """The routes under /control. Anyone but this machine gets 403."""
    router = APIRouter(prefix="/control", dependencies=[Depends(_only_from_here)])

    @router.get("/faults")
    def get_faults() -> dict[str, Any]:
        return faults.now.model_dump()

    @router.post("/faults")
    def switch_faults(change: Annotated[dict[str, Any], Body()]) -> dict[str, Any]:
        try:
            return faults.switch(change).model_dump()
        except ValidationError as error:
            problems = [{"loc": problem["loc"], "msg": problem["msg"]} for problem in error.errors()]
            raise HTTPException(422, detail=problems) from None

    @router.delete("/faults")
    def reset_faults() -> dict[str, Any]:
        return faults.reset().model_dump()

    @router.post("/destinations")
    def know(
        ae_title: Annotated[str, Body()], host: Annotated[str, Body()], port: Annotated[int, Body()]
    ) -> dict[str, str]:
        pacs.know(ae_title, host, port)
        return {"known": ae_title}

    @router.get("/traffic")
    def get_traffic(kind: str | None = None, since: float = 0) -> list[dict[str, Any]]:
        return [asdict(entry) for entry in traffic.entries(kind, since)]

    @router.get("/truth/{study_instance_uid}")
    def get_truth(study_instance_uid: str) -> dict[str, Any]:
        try:
            return asdict(truth.study(study_instance_uid))
        except KeyError:
            raise HTTPException(404, detail="no such study") from None

    return router


def _only_from_here(request: Request) -> None:
    if request.client is None or not ip_address(request.client.host).is_loopback:
        raise HTTPException(403, detail="the control desk answers this machine only")
