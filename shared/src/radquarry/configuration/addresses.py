"""What the short words `sqlite` and `tantivy` stand for."""

from pathlib import Path

from pydantic import SecretStr


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
    data_dir.mkdir(parents=True, exist_ok=True)
    return f"{word}:///{(data_dir / name).resolve()}"
