"""The secret that all pseudonyms are made from: in a file, or in the environment; there is no other and no default."""

import os
from pathlib import Path

from radquarry.exporter.pseudonyms.keyed import KeyRefused

VARIABLE = "RADQUARRY_PSEUDONYM_KEY"


def secret(file: Path | None) -> bytes:
    """The key file's content without white space around it, else the variable's. Raises `KeyRefused`."""
    if file is not None:
        try:
            return file.read_bytes().strip()
        except OSError as error:
            raise KeyRefused(f"{file}: cannot be read: {error.strerror}") from None
    if key := os.environ.get(VARIABLE, "").strip():
        return key.encode()
    raise KeyRefused(f"no key: name a file with --key-file, or set {VARIABLE}; make one: openssl rand -hex 32 > FILE")
