"""Hospitals of a module, as they were for every test; radquarry beside one; a browser, and pages to open in it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from radquarry.hospital.hospital import Hospital
from tests.journeys.browsing import chromium
from tests.journeys.finding import hospital_with
from tests.journeys.moved import Ward, ward_with
from tests.journeys.running import Radquarry
from tests.journeys.served_pages import Serve, serving
from tests.journeys.watching import watched


@pytest.fixture(scope="module")
def hospital_of_four_days() -> Iterator[Hospital]:
    with hospital_with() as hospital:
        yield hospital


@pytest.fixture
def hospital(hospital_of_four_days: Hospital) -> Iterator[Hospital]:
    """Without faults."""
    yield hospital_of_four_days
    hospital_of_four_days.faults.reset()


@pytest.fixture(scope="module")
def ward_of_one_day() -> Iterator[Ward]:
    with ward_with() as ward:
        yield ward


@pytest.fixture
def ward(ward_of_one_day: Ward) -> Ward:
    """Without faults, and never asked before."""
    ward_of_one_day.hospital.faults.reset()
    ward_of_one_day.hospital.traffic.clear()
    return ward_of_one_day


@pytest.fixture(scope="module")
def radquarry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radquarry]:
    """See `watched`; a module may have another of its own."""
    with watched(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(scope="module")
def base(radquarry: Radquarry) -> str:
    """Where the pages are."""
    return f"http://127.0.0.1:{radquarry.rest.port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """See `serving`."""
    return partial(serving, tmp_path)
