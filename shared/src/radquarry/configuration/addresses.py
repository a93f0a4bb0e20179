"""What the short words `sqlite` and `tantivy` stand for."""

from pathlib import Path

from pydantic import SecretStr

from radquarry.configuration.file import ConfigurationError


def bus_address(data_dir: Path, url: SecretStr) -> str:
    """The bus's full URL; `sqlite` is a file in the data folder."""
    return _address(data_dir, url, "sqlite", "bus.db")


def state_address(data_dir: Path, url: SecretStr) -> str:
    """The state store's full URL; `sqlite` is a file in the data folder."""
    return _address(data_dir, url, "sqlite", "state.db")


def index_address(data_dir: Path, url: SecretStr) -> str:
    """The search store's full URL; `tantivy` is a folder in the data folder."""
    return _address(data_dir, url, "tantivy", "index")


def _address(data_dir: Path, url: SecretStr, word: str, name: str) -> str:
    text = url.get_secret_value()
    if text != word:
        return text
    return f"{word}:///{(made(data_dir) / name).resolve()}"


def made(data_dir: Path) -> Path:
    """The data folder, made where it is missing; raises `ConfigurationError`."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"data_dir: {data_dir} cannot be made: {error.strerror}"]) from None
    return data_dir
