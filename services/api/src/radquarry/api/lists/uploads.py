"""A list as it is sent: a file or a pasted text in a form, with what is to be done with it."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from radquarry.api.crawl_drafts import Draft
from radquarry.api.lists.columns import IDENTIFIERS, Meaning
from radquarry.api.lists.reading import read_list
from radquarry.api.problems import invalid

MOST_BYTES = 8 * 1024 * 1024
MOST_FIELDS = 20
MODALITY = re.compile(r"[A-Z0-9_]{1,16}")

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["pacs"],
                    "properties": {
                        "pacs": {"type": "string", "examples": ["main"]},
                        "file": {"type": "string", "format": "binary", "description": "CSV, TSV or Excel (.xlsx)."},
                        "text": {"type": "string", "description": "Instead of a file.", "examples": ["A1\nA2\nA3"]},
                        "modalities": {"type": "string", "examples": ["CT MR"]},
                        "single": {
                            "type": "string",
                            "enum": list(IDENTIFIERS),
                            "description": "What one column without a heading holds; guessed where this is left out.",
                        },
                    },
                }
            }
        },
    }
}
"""For OpenAPI."""


@dataclass(frozen=True)
class Upload:
    """The fields of the form; `content` are the bytes of the file, or of the text where there is no file.

    `is_twice`: there are both.
    """

    pacs: str = ""
    modalities: str = ""
    single: str = ""
    text: str = ""
    content: bytes = b""
    is_twice: bool = False

    async def draft(self) -> Draft:
        """The list as it is understood; raises the problem that says what to mend."""
        if self.is_twice:
            raise invalid("There is a file and a pasted list: give one of them.")
        if not self.content.strip():
            raise invalid("Paste the list, or choose a file with it.")
        single: Meaning | None = next((each for each in IDENTIFIERS if each == self.single), None)
        if self.single and single is None:
            raise invalid(f"single is one of {', '.join(IDENTIFIERS)}.")
        wanted = modalities_in(self.modalities)
        return Draft.of(await asyncio.to_thread(read_list, self.content, single), self.pacs, wanted)


def modalities_in(text: str) -> tuple[str, ...]:
    """Written side by side, with commas or without; raises the problem to show."""
    found = tuple(dict.fromkeys(text.replace(",", " ").upper().split()))
    if not all(map(MODALITY.fullmatch, found)):
        raise invalid("Modalities are DICOM's short terms, such as CT MR US.")
    return found


async def upload_of(request: Request) -> Upload:
    """What was sent."""
    async with request.form(max_files=2, max_fields=MOST_FIELDS, max_part_size=MOST_BYTES) as form:
        text, file = _text(form, "text"), form.get("file")
        content = await file.read() if isinstance(file, UploadFile) else b""
        fields = {name: _text(form, name).strip() for name in ("pacs", "modalities", "single")}
    is_twice = bool(content and text.strip())
    return Upload(**fields, text=text, content=content or text.encode("utf-8", "replace"), is_twice=is_twice)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
