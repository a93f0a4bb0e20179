"""A preview of a file that has very many attributes shows the first ones and says how many more there are."""

import json
from pathlib import Path
from struct import pack

from radquarry.exporter.files.previewing import MOST_ELEMENTS, MOST_ROWS, previewed
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.runs.workplace import Order
from tests.exporter.cleaning import ct, written

OF_AN_ITEM = 3


def with_many(items: int) -> bytes:
    """A CT with so many items of three attributes each before its pixels."""
    texts = ((0x0100, b"SH", b"C1"), (0x0102, b"SH", b"DCM "), (0x0104, b"LO", b"Knee"))
    item = b"".join(pack("<HH2sH", 0x0008, number, vr, len(text)) + text for number, vr, text in texts)
    sequence = (pack("<HHL", 0xFFFE, 0xE000, len(item)) + item) * items
    data = written(ct())
    at = data.rindex(pack("<HH2s", 0x7FE0, 0x0010, b"OW"))
    return data[:at] + pack("<HH2sxxL", 0x0040, 0x0555, b"SQ", len(sequence)) + sequence + data[at:]


async def seen(folder: Path, data: bytes, profile: Profile | None = None) -> dict:
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.dcm").write_bytes(data)
    return json.loads(await previewed(folder / "in", Order(folder / "out", profile or Profile(), b"k" * 32)))


async def test_what_is_too_much_to_keep_is_counted(tmp_path: Path) -> None:
    few = await seen(tmp_path / "few", with_many(1))
    items = MOST_ELEMENTS // OF_AN_ITEM + 10_000

    many = await seen(tmp_path / "many", with_many(items))

    kept = Profile(options=("retain_modified_dates", "clean_structured_content"))
    all_of_it = await seen(tmp_path / "kept", with_many(items), kept)
    assert (few["more"], few["held_back"]) == (0, "")
    assert many["held_back"] == ""
    assert many["more"] > 20_000, "they are beyond those that are kept"
    assert len(all_of_it["changes"]) == MOST_ROWS
    assert len(all_of_it["changes"]) + all_of_it["more"] > items * OF_AN_ITEM
    assert [row["after"] for row in many["changes"] if row["where"] == "PixelData"] == ["32768 bytes"]
