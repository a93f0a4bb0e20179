"""Files at hand over HTTP: what becomes of them is told and given to whoever brought them, and then removed."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from radquarry.api.passwords import hashed
from radquarry.errors import Permanent
from radquarry.messages import CancelFiles, ConvertFiles, DeidentifyFiles, FilesProgressed, GivenAttribute, PreviewFiles
from radquarry.service import Service
from tests.api.brought_files import brought, lying
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes


def done(folder: Path, job: str, **report: Any) -> None:
    """What the exporter leaves."""
    out = folder / "exchange" / job / "out"
    out.mkdir()
    (out / "result.zip").write_bytes(b"PK-result")
    (out / "report.json").write_text(json.dumps(report))


async def said(gateway: Gateway, job: str, state: str, kind: str = "deidentifications", **more: Any) -> None:
    told = {"job_id": job, "state": state, "total": 2, "revision": 5, **more}
    await gateway.bus.publish(FilesProgressed.model_validate(told))

    async def shown() -> str:
        return str((await gateway.get(f"/{kind}/{job}"))["state"])

    await becomes(shown, state)


async def test_images_are_converted_with_given_attributes_and_a_table(gateway: Gateway) -> None:
    parts = [("files", ("a.png", b"x")), ("table", ("of patients.csv", b"name,PatientID\na.png,P1\n"))]
    fields = {"to": "dicom", "attributes": "PatientID = P 1\n\nStudyDescription: Fundus = left"}

    answer = await gateway.client.post("/api/v1/conversions", files=parts, data=fields)

    assert answer.status_code == 202, answer.text
    (order,) = gateway.bus.orders(ConvertFiles)
    assert (order.to, order.table) == ("dicom", "of patients.csv")
    given = [GivenAttribute(keyword="PatientID", value="P 1")]
    assert order.attributes == (*given, GivenAttribute(keyword="StudyDescription", value="Fundus = left"))
    a_problem(await gateway.client.get(f"/api/v1/deidentifications/{answer.json()['id']}"), 404)


async def test_the_result_is_taken_away_with_its_report_and_then_removed(gateway: Gateway, tmp_path: Path) -> None:
    job = (await brought(gateway, ("a.dcm", b"x"), ("b.dcm", b"y"))).json()["id"]
    path = f"/api/v1/deidentifications/{job}"
    a_problem(await gateway.client.get(f"{path}/result"), 409, "not-ready")
    done(tmp_path, job, held_back=[{"input": 2, "reason": "text is likely"}])
    await said(gateway, job, "incomplete", total=3, done=1, refused=1)

    result, report = await gateway.client.get(f"{path}/result"), await gateway.client.get(f"{path}/report")

    assert (result.content, report.json()["held_back"][0]["input"]) == (b"PK-result", 2)
    assert result.headers["content-disposition"] == f'attachment; filename="deidentification-{job}.zip"'
    counts = (await gateway.get(f"/deidentifications/{job}"))["files"]
    assert (counts["refused"], counts["passed_over"]) == (1, 1)
    for _ in range(2):
        assert (await gateway.client.delete(path)).status_code == 202
    assert [order.job_id for order in gateway.bus.orders(CancelFiles)] == [UUID(job)]
    a_problem(await gateway.client.get(f"{path}/result"), 410, "removed")
    assert (await gateway.get("/deidentifications"))["items"] == []


async def test_files_are_for_whoever_brought_them_and_for_administrators(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("".join(f"{name}:{hashed(name)}\n" for name in ("ada", "bob", "eve")))
    async with a_gateway(tmp_path, api={"authentication": {"users_file": users, "administrators": ["ada"]}}) as gateway:
        client, files = gateway.client, [("files", ("a.dcm", b"x"))]
        who = {name: httpx.BasicAuth(name, name) for name in ("ada", "bob", "eve")}
        path = "/api/v1/deidentifications"
        mapping = await client.post(path, files=files, data={"mapping": "true"}, auth=who["bob"])
        a_problem(mapping, 403, "not-an-administrator")
        assert lying(tmp_path / "data") == {}
        job = (await client.post(path, files=files, auth=who["bob"])).json()["id"]
        done(tmp_path, job)
        await gateway.bus.publish(FilesProgressed(job_id=job, state="complete", total=1, done=1, revision=1))

        async def result() -> int:
            return (await client.get(f"{path}/{job}/result", auth=who["bob"])).status_code

        await becomes(result, 200)
        for rest in ("", "/result", "/report", "/events"):
            a_problem(await client.get(f"{path}/{job}{rest}", auth=who["eve"]), 403, "not-yours")
        a_problem(await client.delete(f"{path}/{job}", auth=who["eve"]), 403, "not-yours")
        assert (await client.get(f"{path}/{job}/result", auth=who["ada"])).status_code == 200
        seen = {name: len((await client.get(path, auth=auth)).json()["items"]) for name, auth in who.items()}
        assert seen == {"ada": 1, "bob": 1, "eve": 0}


async def test_a_preview_is_of_one_file_and_is_told_attribute_by_attribute(gateway: Gateway, tmp_path: Path) -> None:
    a_problem(await brought(gateway, ("a.dcm", b"x"), ("b.dcm", b"y"), where="previews"), 422)
    a_problem(await brought(gateway, ("a.dcm", b"x"), where="previews", profile="other"), 422)
    assert lying(tmp_path) == {}
    job = (await brought(gateway, ("a.dcm", b"x"), where="previews", project="lung", profile="keep-dates")).json()["id"]
    (order,) = gateway.bus.orders(PreviewFiles)
    assert (order.job_id, order.deidentify.project, order.deidentify.profile) == (UUID(job), "lung", "keep-dates")
    path = f"/api/v1/previews/{job}"
    a_problem(await gateway.client.get(f"{path}/changes"), 409, "not-ready")

    row = {"where": "PatientName", "what": "changed", "before": "A^B", "after": "P1"}
    done(tmp_path, job)
    (tmp_path / "exchange" / job / "out" / "preview.json").write_text(json.dumps({"changes": [row]}))
    await said(gateway, job, "complete", kind="previews", total=1, done=1)

    changes = await gateway.client.get(f"{path}/changes")
    assert changes.json() == {"held_back": "", "pixels_cleaned": False, "changes": [row], "more": 0}
    assert changes.headers["cache-control"] == "no-store"
    for rest in ("result", "report"):
        a_problem(await gateway.client.get(f"{path}/{rest}"), 404)
    a_problem(await gateway.client.get(f"/api/v1/deidentifications/{job}"), 404)


async def test_a_preview_is_for_whoever_brought_the_file(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text("".join(f"{name}:{hashed(name)}\n" for name in ("ada", "bob", "eve")))
    async with a_gateway(tmp_path, api={"authentication": {"users_file": users, "administrators": ["ada"]}}) as gateway:
        bob, eve = httpx.BasicAuth("bob", "bob"), httpx.BasicAuth("eve", "eve")
        files = [("files", ("a.dcm", b"x"))]
        job = (await gateway.client.post("/api/v1/previews", files=files, auth=bob)).json()["id"]

        a_problem(await gateway.client.get(f"/api/v1/previews/{job}/changes", auth=eve), 403, "not-yours")
        assert (await gateway.client.get(f"/tools/{job}", auth=eve)).status_code == 403
        assert (await gateway.client.get(f"/tools/{job}", auth=bob)).status_code == 200


async def test_an_order_that_the_exporter_cannot_take_up_has_failed_with_its_reason(tmp_path: Path) -> None:
    async def refuse(_order: DeidentifyFiles) -> None:
        raise Permanent("no such profile")

    async with a_gateway(tmp_path, Service("exporter", {DeidentifyFiles: refuse})) as gateway:
        job = (await brought(gateway, ("a.dcm", b"x"))).json()["id"]

        async def stand() -> tuple[str, str]:
            shown = await gateway.get(f"/deidentifications/{job}")
            return shown["state"], shown.get("problem", "")

        await becomes(stand, ("failed", "no such profile"))


async def test_nothing_has_another_ones_id(gateway: Gateway) -> None:
    for path in (f"/deidentifications/{uuid4()}", f"/conversions/{uuid4()}/result", "/conversions/1/report"):
        a_problem(await gateway.client.get(f"/api/v1{path}"), 404)
