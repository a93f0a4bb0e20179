"""The forms of single values."""

from typing import Annotated

from pydantic import Field, StringConstraints

AeTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[^\\\x00-\x1f]+$"),
]
Port = Annotated[int, Field(ge=0, le=65535)]
Host = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\s/\[\]]+$")]
"""A name or an address; an IPv6 address without brackets."""
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Caller = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\\\x00-\x1f@]{1,16}(@[^\s@]+)?$")]
"""A calling AE title, and after an @ the host, address or network (`10.1.0.0/16`) it has to come from."""
