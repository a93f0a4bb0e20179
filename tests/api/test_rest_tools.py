"""Files at hand over HTTP: onto the disk as they are sent, whole or not at all, under names that harm nobody."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from radquarry.api.passwords import hashed
from radquarry.errors import Permanent
from radquarry.messages import CancelFiles, ConvertFiles, DeidentifyFiles, FilesProgressed, GivenAttribute, PreviewFiles
from radquarry.service import Service
from tests.api.gateway import Gateway, a_gateway, a_problem, becomes

MANY = b"DICM" * 300_000
FORM = "multipart/form-data; boundary=b"


async def brought(
    gateway: Gateway, *files: tuple[str, bytes], where: str = "deidentifications", **fields: str
) -> httpx.Response:
    parts = [("files", (name, content)) for name, content in files]
    return await gateway.client.post(f"/api/v1/{where}", files=parts, data=fields)


def lying(folder: Path) -> dict[str, bytes]:
    """Every file of the exchange folder, by its path in it."""
    files = (path for path in (folder / "exchange").rglob("*") if path.is_file())
    return {str(path.relative_to(folder / "exchange")): path.read_bytes() for path in files}


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


async def test_files_lie_whole_where_the_exporter_looks_when_it_is_told(gateway: Gateway, tmp_path: Path) -> None:
    answer = await brought(gateway, ("a.dcm", MANY), ("a.dcm", b"two"), project="lung", profile="keep-dates")

    assert answer.status_code == 202, answer.text
    job = answer.json()["id"]
    assert lying(tmp_path) == {f"{job}/in/0001/a.dcm": MANY, f"{job}/in/0002/a.dcm": b"two"}
    (order,) = gateway.bus.orders(DeidentifyFiles)
    assert (order.job_id, order.trail, order.mapping) == (UUID(job), UUID(job), False)
    assert (order.deidentify.project, order.deidentify.profile) == ("lung", "keep-dates")
    shown = await gateway.get(f"/deidentifications/{job}")
    assert (shown["state"], shown["files"]) == ("requested", {
        "uploaded": 2, "total": None, "done": 0, "refused": 0, "passed_over": 0,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/etc/shadow", "shadow"),
        ("..", "file"),
        (".hidden", "hidden"),
        ("a/b/c/IM0001", "IM0001"),
        ("con.txt", "_con.txt"),
        ("Müller^Jörg 😀.dcm", "Müller^Jörg 😀.dcm"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("x" * 300 + ".dcm", "x" * 116 + ".dcm"),
        ("ä" * 300, "ä" * 60),
    ],
)
async def test_no_name_of_a_stranger_becomes_a_path(gateway: Gateway, tmp_path: Path, told: str, kept: str) -> None:
    answer = await brought(gateway, (told, b"x"))

    assert lying(tmp_path) == {f"{answer.json()['id']}/in/0001/{kept}": b"x"}


async def test_an_upload_that_breaks_off_leaves_nothing(gateway: Gateway, tmp_path: Path) -> None:
    boundary = b"--b\r\n"
    begun = boundary + b'Content-Disposition: form-data; name="files"; filename="a.dcm"\r\n\r\n' + MANY
    headers = f"POST /api/v1/deidentifications HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(f"{headers}Content-Length: {len(begun) + 1000}\r\n\r\n".encode() + begun)
    await writer.drain()

    async def has_begun() -> bool:
        return any(lying(tmp_path).values())

    await becomes(has_begun, wanted=True)
    writer.close()

    async def left() -> dict[str, bytes]:
        return lying(tmp_path)

    await becomes(left, {})
    assert gateway.bus.published == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nno end', FORM),
        (b"nonsense", FORM),
        (b"--b--\r\n", FORM),
        (b"--b\r\n" + b"x: y\r\n" * 100, FORM),
        (b"{}", "application/json"),
        (b"x", "multipart/form-data"),
    ],
)  # fmt: skip
async def test_what_is_no_whole_form_with_files_is_refused(
    gateway: Gateway, tmp_path: Path, content: bytes, kind: str
) -> None:
    answer = await gateway.client.post("/api/v1/conversions", content=content, headers={"Content-Type": kind})

    a_problem(answer, 415 if "boundary" not in kind else 422)
    assert lying(tmp_path) == {}


async def test_what_announces_more_than_is_taken_is_refused_before_it_is_read(gateway: Gateway) -> None:
    request = "POST /api/v1/deidentifications HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
    writer.write(request.encode())

    assert b" 413 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    ("where", "fields", "told"),
    [
        ("deidentifications", {"project": "../x"}, "project"),
        ("deidentifications", {"profile": "other"}, "Known: keep-dates."),
        ("deidentifications", {"mapping": "perhaps"}, "mapping is true or false"),
        ("conversions", {"to": "exe"}, "to is one of dicom, nifti, png, csv"),
        ("conversions", {"attributes": "patient id = 3"}, "Line 1 of attributes"),
        ("conversions", {"attributes": "patientId = 3"}, "DICOM keywords"),
        ("conversions", {"attributes": '{"PatientID": [1]}'}, "texts, by DICOM keyword"),
        ("conversions", {"attributes": "{"}, "no JSON object"),
        ("conversions", {"attributes": '{"a":' + "[" * 100_000}, "no JSON object"),
        ("conversions", {"attributes": f"patientId = 1{' ' * 200_000}2"}, "DICOM keywords"),
        ("conversions", {"table": "other.csv"}, "table names one of the files"),
    ],
)
async def test_fields_that_do_not_fit_order_nothing_and_keep_no_file(
    gateway: Gateway, tmp_path: Path, where: str, fields: dict[str, str], told: str
) -> None:
    problem = a_problem(await brought(gateway, ("a.png", b"x"), where=where, **fields), 422)

    assert told in problem["detail"]
    assert (lying(tmp_path), gateway.bus.published) == ({}, [])


async def test_who_is_refused_early_reads_why_although_more_is_sent(gateway: Gateway, tmp_path: Path) -> None:
    answer = await brought(gateway, ("a.dcm", MANY * 10), project="x" * 400_000)

    assert "too long" in a_problem(answer, 413)["detail"]
    assert lying(tmp_path) == {}


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


async def test_the_same_key_is_the_same_upload(gateway: Gateway, tmp_path: Path) -> None:
    key = {"Idempotency-Key": "k1"}
    sent = [[("files", ("a.dcm", b"x"))], [("files", ("a.dcm", b"x"))], [("files", ("b.dcm", b"x"))]]
    first, again, other = [await gateway.client.post("/api/v1/conversions", files=each, headers=key) for each in sent]

    assert first.json() == again.json()
    a_problem(other, 422, "key-reused")
    assert len(lying(tmp_path)) == len(gateway.bus.orders(ConvertFiles)) == 1


async def test_while_the_bus_is_away_what_was_uploaded_is_kept(gateway: Gateway, tmp_path: Path) -> None:
    gateway.bus.away = True
    answer = await brought(gateway, ("a.dcm", b"x"))
    assert answer.status_code == 202
    assert len(lying(tmp_path)) == 1


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
