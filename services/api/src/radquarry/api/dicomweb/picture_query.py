"""How a rendered frame is to look (PS3.18 section 8.3.5)."""

import math
import re
from collections.abc import Sequence

from pydantic import BaseModel, Field

from radquarry.api.dicomweb.search_query import unfit

FUNCTIONS = {"": "LINEAR", "LINEAR": "LINEAR", "LINEAR-EXACT": "LINEAR_EXACT", "SIGMOID": "SIGMOID"}
LARGEST = 4096
BEST = 100
WINDOW_PARTS = 3
_NAME = re.compile(r"[A-Za-z0-9.-]{1,64}")


UNDERSTOOD = frozenset({"window", "viewport", "quality", "accept"})


def not_understood(names: Sequence[str], understood: frozenset[str] = UNDERSTOOD) -> tuple[str, ...]:
    """Parameters that change nothing, to be said (annotation and iccprofile among them); one given twice is refused."""
    if len({*names}) < len(names):
        raise unfit("A parameter is given once.")
    further = [name for name in names if name not in understood]
    return tuple(dict.fromkeys(name if _NAME.fullmatch(name) else "an unreadable name" for name in further))


class PictureQuery(BaseModel):
    """`window` is centre, width and function; `viewport` columns and rows, into which the picture is fitted."""

    window: str = Field("", max_length=100)
    viewport: str = Field("", max_length=100)
    quality: str = Field("", max_length=100)

    @property
    def wanted_window(self) -> tuple[float, float, str] | None:
        """None is the file's own; raises the problem to show."""
        if not self.window:
            return None
        parts = self.window.split(",")
        try:
            centre, width = float(parts[0]), float(parts[1])
            function = FUNCTIONS[parts[2].strip().upper().replace("_", "-") if len(parts) > 2 else ""]
        except (ValueError, LookupError):
            raise unfit("window is centre,width,function with linear, linear-exact or sigmoid.") from None
        if len(parts) > WINDOW_PARTS or not (math.isfinite(centre) and math.isfinite(width) and width > 0):
            raise unfit("window has a finite centre, a width above 0, and at most a function.")
        return centre, width, function

    @property
    def wanted_viewport(self) -> tuple[int, int] | None:
        """None is the frame's own size; raises the problem to show."""
        if not self.viewport:
            return None
        parts = self.viewport.split(",")
        if len(parts) != 2 or not all(part.strip().isdecimal() and 0 < int(part) <= LARGEST for part in parts):
            raise unfit(f"viewport is columns,rows, each at most {LARGEST}.")
        return int(parts[0]), int(parts[1])

    @property
    def wanted_quality(self) -> int | None:
        """Of a JPEG; None is the usual one; raises the problem to show."""
        if not self.quality:
            return None
        if not re.fullmatch(r"[0-9]{1,3}", self.quality) or not 1 <= int(self.quality) <= BEST:
            raise unfit("quality is a whole number from 1 to 100.")
        return int(self.quality)
