"""The key that is made where nobody gave one: once, whoever asks for it first, and readable for its owner alone."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

import structlog

from radquarry.durable_folders import make_names_durable
from radquarry.exporter.pseudonyms.keyed import KeyRefused

NAME = "pseudonym-key"
BYTES = 32

log = structlog.get_logger(__name__)


def own_key(data_dir: Path) -> bytes:
    """The content of `{data_dir}/pseudonym-key`, made when it is not there. Raises `KeyRefused`.

    It gets its name when it is durable, and only where there is none: of several that make one at once, one counts.
    """
    file = data_dir / NAME
    try:
        if not file.exists():
            _make(file)
        return file.read_bytes().strip()
    except OSError as error:
        raise KeyRefused(
            f"{file}: no key can be kept there: {error.strerror}; name deidentification.key_file"
        ) from None


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{NAME}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(secrets.token_hex(BYTES) + "\n")
            output.flush()
            os.fsync(output.fileno())
        with suppress(FileExistsError):
            os.link(beside, file)
            log.warning(
                "a key for pseudonyms was made: keep it, without it pseudonyms cannot be made again", file=str(file)
            )
    finally:
        beside.unlink(missing_ok=True)
    make_names_durable(file.parent)
