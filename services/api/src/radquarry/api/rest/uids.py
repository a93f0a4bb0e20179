"""Identifiers as requests name them."""

from typing import Annotated

from pydantic import StringConstraints

Uid = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[0-9]+(\.[0-9]+)*$")]
