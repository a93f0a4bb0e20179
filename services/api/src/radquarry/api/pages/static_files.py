"""Style sheet, icons and script modules, each kept by browsers as long as its content is the same."""

from os import PathLike, stat_result

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from radquarry.api.pages.rendering import static_folder


class FingerprintedFiles(StaticFiles):
    """Addresses with a fingerprint (`?v=`) never change their content; others are asked for again."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See `StaticFiles`."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        kept = b"v=" in scope["query_string"]
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return answer


def static_files() -> FingerprintedFiles:
    """What is mounted at `/static`."""
    return FingerprintedFiles(directory=static_folder)
