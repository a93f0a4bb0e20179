"""Files that are brought to an api, and what lies in its exchange folder."""

from pathlib import Path

import httpx

from tests.api.gateway import Gateway


async def brought(
    gateway: Gateway, *files: tuple[str, bytes], where: str = "deidentifications", **fields: str
) -> httpx.Response:
    """The answer to an upload of these files, with these fields of its form."""
    parts = [("files", (name, content)) for name, content in files]
    return await gateway.client.post(f"/api/v1/{where}", files=parts, data=fields)


def lying(folder: Path) -> dict[str, bytes]:
    """Every file of the exchange folder, by its path in it."""
    files = (path for path in (folder / "exchange").rglob("*") if path.is_file())
    return {str(path.relative_to(folder / "exchange")): path.read_bytes() for path in files}
