"""A page object becomes HTML by the template of the same name: `SearchPage` → `search.html`."""

import re
from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from radquarry.api.pages import formats
from radquarry.api.pages.frame import Frame
from radquarry.api.pages.viewer import viewer_href
from radquarry.api.pages.visible import visible
from radquarry.api.pages.visit import Visit
from radquarry.api.pages.wording import Language, Wording

static_folder = Path(__file__).parent / "static"


def render(page: object, visit: Visit, frame: Frame, zone: tzinfo = UTC, *, status: int = 200) -> HTMLResponse:
    """`page` in its frame, in the visit's language; moments in `zone`."""
    template = environment(visit.language, zone).get_template(template_of(type(page)))
    html = template.render(page=page, visit=visit, frame=frame)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"})


def template_of(page: type) -> str:
    """`RetrievalPage` → `retrieval.html`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", page.__name__.removesuffix("Page")).lower() + ".html"


@lru_cache(maxsize=8)
def environment(language: Language, zone: tzinfo) -> Environment:
    """Templates with the words and formats of one language. A misspelt field is an error, never an empty place."""
    made = Environment(
        loader=PackageLoader(__package__),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"t": Wording(language), "static": static, "viewer_href": viewer_href, "zone_name": str(zone)}
    localised: dict[str, Callable[..., object]] = {
        "day": partial(formats.day, language=language),
        "month": partial(formats.month, language=language),
        "month_name": lambda number: formats.MONTHS[language][number - 1],
        "moment": partial(formats.moment, language=language, zone=zone),
        "clock": partial(formats.clock, zone=zone),
    }
    made.filters |= localised | {
        "number": formats.number,
        "size": formats.size,
        "span": formats.span,
        "visible": visible,
    }
    return made


@lru_cache(maxsize=64)
def static(name: str) -> str:
    """The address of a static file, with its fingerprint: browsers keep it until it changes."""
    content = (static_folder / name).read_bytes()
    return f"/static/{name}?v={blake2b(content, digest_size=6).hexdigest()}"
