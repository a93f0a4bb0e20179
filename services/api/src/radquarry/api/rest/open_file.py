"""A file that is sent as it was when it was checked, whatever becomes of its name."""

import os
from pathlib import Path
from typing import BinaryIO

from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send


class OpenFile(FileResponse):
    """`file` is closed when all was sent, or nobody listens any more. Ranges are answered as of any file (RFC 9110)."""

    def __init__(self, file: BinaryIO, media_type: str) -> None:
        number = file.fileno()
        # a name of what is open: the one in its folder may be another file by now
        super().__init__(
            f"/dev/fd/{number}", media_type=media_type, filename=Path(file.name).name, stat_result=os.fstat(number)
        )
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        with self._file:
            await super().__call__(scope, receive, send)
