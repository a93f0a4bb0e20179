"""The key that is made where nobody gave one."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radquarry.configuration.sections import Deidentifying
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.pseudonyms.keyed import KeyRefused, project_key
from radquarry.exporter.pseudonyms.own_key import own_key
from radquarry.exporter.settings import VARIABLE


def test_of_many_that_ask_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(own_key, [tmp_path / "data"] * 64))

    assert len(keys) == 1
    assert len(project_key(keys.pop(), "lungs")) == 32
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["pseudonym-key"]


def test_it_is_readable_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    first = own_key(tmp_path)

    assert own_key(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "pseudonym-key").stat().st_mode) == 0o600


def test_a_folder_that_takes_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")

    with pytest.raises(KeyRefused, match="no key can be kept there"):
        own_key(tmp_path / "data")


def test_the_configured_key_goes_before_the_variable_and_that_before_our_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_bytes(b"of the configuration\n")
    monkeypatch.setenv(VARIABLE, "of the environment")

    assert Engine(Deidentifying(key_file=tmp_path / "key"), tmp_path).secret() == b"of the configuration"
    assert Engine(Deidentifying(), tmp_path).secret() == b"of the environment"
    monkeypatch.delenv(VARIABLE)
    assert Engine(Deidentifying(), tmp_path).secret() == (tmp_path / "pseudonym-key").read_bytes().strip()
