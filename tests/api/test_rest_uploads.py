"""Files are brought over HTTP: onto the disk as they are sent, whole or not at all, under names that harm nobody."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest

from radquarry.messages import ConvertFiles, DeidentifyFiles
from tests.api.brought_files import brought, lying
from tests.api.gateway import Gateway, a_problem, becomes

MANY = b"DICM" * 300_000
FORM = "multipart/form-data; boundary=b"


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
