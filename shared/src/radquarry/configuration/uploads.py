"""The section `files`."""

from typing import Annotated

from pydantic import Field

from radquarry.configuration.section import Section


class UploadedFiles(Section):
    """What one upload to de-identify or convert may come to when its zip archives are unpacked."""

    most_unpacked_gb: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 64
    most_entries: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    """Files, those in archives included."""
