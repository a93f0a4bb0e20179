"""The page of the viewer, or the one that says how to get it; and what leads to it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from radquarry.api.viewer_files import FILES, Installed

PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self' blob: data:; "
    "frame-src 'self' blob:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
"""Styles are set by its scripts; WebAssembly decodes the pixels. No other host is reached."""


def viewer_href(study: str, series: str = "") -> str:
    """Where the images of a study, or of one of its series first, are looked at."""
    asked = {"StudyInstanceUIDs": study} | ({"initialSeriesInstanceUID": series} if series else {})
    return f"/viewer/viewer?{urlencode(asked)}"


@dataclass(frozen=True)
class ViewerPage:
    """OHIF itself; `files` is where its files are."""

    installed: Installed
    files: str = FILES


@dataclass(frozen=True)
class ViewerMissingPage:
    """No viewer lies in `folder`."""

    folder: str

    @property
    def command(self) -> str:
        """What brings one there."""
        return f"make viewer VIEWER={self.folder}"
