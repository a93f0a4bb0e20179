"""The folder for files at hand: names, limits, and what is looked after later."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from radquarry.api.exchange import Exchange, Incoming, Limits, safe_name
from radquarry.api.file_jobs import KEPT, LONGEST, Upload
from radquarry.api.multipart import Form, read_form
from radquarry.api.problems import Problem
from radquarry.errors import PeerAway
from radquarry.messages import CancelFiles, DeidentifyFiles, FilesProgressed
from radquarry.state.store import State
from tests.api.projecting import Projections, projections


async def in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def a_form(*files: tuple[str, bytes], **texts: str) -> bytes:
    """A form as browsers send it, its boundary is `b`."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in files
    ]
    parts += [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in texts.items()
    ]
    return b"".join(parts) + b"--b--\r\n"


FORM = "multipart/form-data; boundary=b"


class Taken:
    def __init__(self) -> None:
        self.files: list[tuple[str, bytes]] = []
        self.ended = 0

    def begin(self, told: str) -> None:
        self.files.append((told, b""))

    def write(self, data: bytes) -> None:
        name, content = self.files[-1]
        self.files[-1] = name, content + data

    def end(self) -> None:
        self.ended += 1


@example("𐀀" * 62 + "123456 7")
@given(some.text(max_size=400))
def test_a_name_is_one_safe_component_whatever_was_told(told: str) -> None:
    name = safe_name(told)

    assert 0 < len(name.encode()) <= 255
    assert name not in {".", ".."}
    assert not set(name) & set('/\\\0:*?"<>|\n\r\t\u202e')
    assert name[0] not in ". "
    assert safe_name(name) == name


def test_control_characters_and_devices_are_no_names() -> None:
    assert [safe_name(name) for name in ("a\tb", "NUL", "com1.dcm", "\0", "", "a\ud800")] == [
        "a_b", "_NUL", "_com1.dcm", "_", "file", "a_",
    ]  # fmt: skip


@given(
    contents=some.lists(some.one_of(some.binary(max_size=60), some.sampled_from([b"\r\n--b", b"--b--\r\n", b"\r\n"]))),
    size=some.integers(1, 80),
)
async def test_files_are_the_same_however_the_form_is_cut(contents: list[bytes], size: int) -> None:
    sent = [(f"{n}.dcm", content) for n, content in enumerate(contents) if b"\r\n--b" not in b"\r\n" + content]
    taken = Taken()

    form = await read_form(FORM, in_pieces(a_form(*sent, project="lung"), size), taken)

    assert taken.files == sent
    assert (taken.ended, form.texts, len(form.files)) == (len(sent), {"project": "lung"}, len(sent))


@pytest.mark.parametrize("limits", [Limits(files=2), Limits(bytes=250_000)])
async def test_more_than_is_taken_is_refused_while_it_comes(tmp_path: Path, limits: Limits) -> None:
    incoming = Exchange(tmp_path, limits).receive()
    sent = [(f"{n}", b"x" * 100_000) for n in range(3)]

    with pytest.raises(Problem) as refused:
        await read_form(FORM, in_pieces(a_form(*sent), 9000), incoming)

    assert refused.value.status == 413
    incoming.drop()
    assert list(tmp_path.rglob("*.dcm")) == []


def test_a_disk_that_is_full_up_to_its_reserve_takes_nothing(tmp_path: Path) -> None:
    reserve = shutil.disk_usage(tmp_path).total * 2

    with pytest.raises(Problem) as refused:
        Exchange(tmp_path / "exchange", Limits(reserve=reserve)).receive()

    assert (refused.value.status, list((tmp_path / "exchange").rglob("*"))) == (
        507,
        [tmp_path / "exchange" / ".incoming"],
    )


def test_a_folder_that_cannot_be_written_is_a_peer_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "exchange").write_text("a file")

    with pytest.raises(PeerAway):
        Exchange(tmp_path / "exchange", Limits()).receive()


def test_what_broke_off_long_ago_goes_and_what_is_under_way_stays(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path, Limits())
    old, under_way = exchange.receive(), exchange.receive()
    for incoming in (old, under_way):
        incoming.begin("a.dcm")
    long_ago = datetime.now(UTC).timestamp() - 86_400
    for place in (old.folder, *old.folder.rglob("*")):
        os.utime(place, (long_ago, long_ago))

    assert exchange.sweep() == 1

    assert (old.folder.exists(), under_way.folder.exists()) == (False, True)
    under_way.drop()
    old.drop()


async def test_an_order_that_comes_twice_at_once_leaves_what_was_made_of_it(tmp_path: Path) -> None:
    exchange, job_id = Exchange(tmp_path, Limits()), uuid4()
    one, again = exchange.receive(), exchange.receive()
    exchange.take(one, job_id)
    (tmp_path / str(job_id) / "out").mkdir()
    (tmp_path / str(job_id) / "out" / "result.zip").write_bytes(b"made")

    exchange.take(again, job_id)

    made = exchange.made(job_id, "result.zip")
    assert made is not None
    assert made.read_bytes() == b"made"


def test_an_answer_that_nobody_fetched_goes_and_so_does_one_that_was_never_whole(tmp_path: Path) -> None:
    exchange, long_ago = Exchange(tmp_path, Limits()), datetime.now(UTC).timestamp() - 90_000
    folder = exchange.originals(UUID(int=1)).parent
    folder.mkdir()
    for name in ("a.json", ".b.json.new", "c.json"):
        (folder / name).write_text("{}")
        if name != "c.json":
            os.utime(folder / name, (long_ago, long_ago))

    exchange.sweep()

    assert [file.name for file in folder.iterdir()] == ["c.json"]


def test_an_answer_that_cannot_be_removed_is_told_and_keeps_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exchange, long_ago = Exchange(tmp_path, Limits()), datetime.now(UTC).timestamp() - 90_000
    folder = exchange.originals(UUID(int=1)).parent
    for name in ("a.json", "c.json"):
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, (long_ago, long_ago))
    (folder / "b.json").write_text("{}")
    os.utime(folder / "b.json", (long_ago, long_ago))

    exchange.sweep()

    assert sorted(file.name for file in folder.iterdir()) == ["a.json", "c.json"]
    assert capsys.readouterr().out.count("an answer about pseudonyms cannot be removed") == 2


async def test_what_the_bus_did_not_take_is_said_later_once(api: Projections) -> None:
    job_id = await api.files.bring("deidentification", Upload(FORM, in_pieces(a_form(("a", b"x")), 50)))
    assert [each.job_id for each in api.said.published if isinstance(each, DeidentifyFiles)] == [job_id]
    api.said.is_away = True
    lost = await api.files.bring("deidentification", Upload(FORM, in_pieces(a_form(("b", b"x")), 50)))
    api.said.is_away = False

    for _ in range(2):
        await api.files.look_after(datetime.now(UTC) + timedelta(minutes=1))

    assert [each.job_id for each in api.said.published if isinstance(each, DeidentifyFiles)] == [job_id, lost]


class SlowExchange(Exchange):
    """Its disk takes long to make thousands of files durable."""

    reached, go_on = threading.Event(), threading.Event()

    def settle(self, incoming: Incoming) -> None:
        self.reached.set()
        assert self.go_on.wait(30)
        super().settle(incoming)


async def test_files_that_are_not_yet_durable_are_not_announced(state: State, tmp_path: Path) -> None:
    SlowExchange.reached.clear()
    SlowExchange.go_on.clear()
    api = projections(state, tmp_path, SlowExchange)
    coming = api.files.bring("deidentification", Upload(FORM, in_pieces(a_form(("a", b"x")), 50)))
    brought = asyncio.create_task(coming)
    assert await asyncio.to_thread(SlowExchange.reached.wait, 30)

    await api.files.look_after(datetime.now(UTC) + timedelta(minutes=1))
    assert api.said.published == []

    SlowExchange.go_on.set()
    job_id = await brought
    assert [each.job_id for each in api.said.published if isinstance(each, DeidentifyFiles)] == [job_id]
    assert (tmp_path / str(job_id) / "in" / "0001" / "a").read_bytes() == b"x"


@pytest.mark.parametrize(("is_over", "kept"), [(True, KEPT), (False, LONGEST)])
async def test_what_nobody_takes_away_is_removed(api: Projections, is_over: bool, kept: timedelta) -> None:
    job_id = await api.files.bring("conversion", Upload(FORM, in_pieces(a_form(("a", b"x")), 50)))
    await api.hear(FilesProgressed(job_id=job_id, state="failed" if is_over else "running", revision=1))
    for hours in (-1, 1, 2):
        await api.files.look_after(datetime.now(UTC) + kept + timedelta(hours=hours))
        assert len(api.said.published) == (1 if hours < 0 else 2)

    assert [each.job_id for each in api.said.published if isinstance(each, CancelFiles)] == [job_id]
    view = await api.files.get("conversion", job_id)
    assert (view.is_removed, view.state, view.names) == (True, "failed" if is_over else "cancelled", ())


def test_a_field_without_a_file_has_no_number() -> None:
    form = Form(files=[("files", 1), ("table", 2)])
    assert (form.number_of("table"), form.number_of("other")) == (2, None)
