"""Bytes that can be read in many ways cost a bounded time, and are held back."""

from struct import pack

import pytest

from radquarry.exporter.dicom_bytes.elements import EXPLICIT_LITTLE, Unreadable
from radquarry.exporter.dicom_bytes.part10 import read_file
from radquarry.exporter.dicom_bytes.reading import read_dataset
from radquarry.exporter.release.checking import Expected, findings
from radquarry.exporter.release.raw_values import GivenUp, RawFile
from tests.exporter.cleaning import ct, written

BEHIND_IMPLICIT = 0x4E55 - 8
"""What explicit reads as the VR UN and a length, implicit reads as a length that ends at the next element's VR."""


def readable_in_both_ways(depth: int) -> bytes:
    """Items whose inside both encodings read alike and fail behind: each depth doubles the attempts."""
    inner = pack("<HHL", 0xFFFE, 0xE000, 0)
    for _ in range(depth):
        first = pack("<HH4sL", 0x0099, 0x1001, b"UN\0\0", BEHIND_IMPLICIT) + bytes(BEHIND_IMPLICIT)
        second = pack("<HH4sL", 0x0099, 0x1002, b"UN\0\0", len(inner)) + inner
        content = first + second + b"\x99\0\x03\x10ZZZZZZZZ"
        inner = pack("<HHL", 0xFFFE, 0xE000, len(content)) + content
    return inner


def in_a_file(items: bytes) -> bytes:
    data = written(ct())
    at = data.index(b"\xe0\x7f\x10\0")
    return data[:at] + pack("<HH4sL", 0x0099, 0x1001, b"UN\0\0", len(items)) + items + data[at:]


@pytest.mark.timeout(20)
def test_a_value_that_can_be_read_in_a_billion_ways_is_refused() -> None:
    with pytest.raises(Unreadable, match="too many ways"):
        read_file(memoryview(in_a_file(readable_in_both_ways(34))))


@pytest.mark.timeout(20)
def test_the_release_check_gives_up_on_it_too_and_says_so() -> None:
    data = memoryview(in_a_file(readable_in_both_ways(34)))

    with pytest.raises(GivenUp, match="too many ways"):
        list(RawFile(data).values())
    assert findings(data, data, Expected(""))[0].where == "original"


def test_many_values_that_are_read_the_second_way_are_no_harm() -> None:
    """A private sequence in explicit VR in a UN, as some scanners write for each of many thousand frames."""
    explicit = pack("<HH2sH", 0x0009, 0x1001, b"LO", 2) + b"ab"
    item = pack("<HHL", 0xFFFE, 0xE000, len(explicit)) + explicit
    value = pack("<HH2sxxL", 0x0009, 0x1010, b"UN", len(item)) + item

    dataset = read_dataset(memoryview(value * 60_000), 0, EXPLICIT_LITTLE)

    assert len(dataset) == 60_000
    assert all(element.items for element in dataset)


@pytest.mark.timeout(20)
def test_zeros_that_are_not_the_end_cost_no_time() -> None:
    """Elements (0000,0000) without a value, and something behind each 64 KB of them."""
    zeros = (bytes(65000) + pack("<HH2sH", 0, 2, b"UL", 4) + b"abcd") * 3

    with pytest.raises(Unreadable):
        read_dataset(memoryview(zeros), 0, EXPLICIT_LITTLE)
    encoded = (bytes(65000) + pack("<HHL", 0, 2, 4) + b"abcd") * 3
    assert read_dataset(memoryview(encoded), 0, EXPLICIT_LITTLE.__class__(explicit=False))
