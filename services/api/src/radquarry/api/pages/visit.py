"""Who looks at a page, and how they want to see it."""

from dataclasses import dataclass
from typing import Literal, get_args

from fastapi import Request

from radquarry.api.pages.wording import LANGUAGES, Language

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
LANGUAGE_COOKIE = "radquarry_language"
THEME_COOKIE = "radquarry_theme"
DISMISSED_COOKIE = "radquarry_dismissed"


@dataclass(frozen=True)
class Visit:
    """What of a request every page needs: `here` is the local address to come back to."""

    language: Language
    theme: Theme
    path: str
    here: str
    dismissed: frozenset[str] = frozenset()
    user: str = ""


def visit(request: Request) -> Visit:
    """The visit behind a request; strange cookies and headers fall back to English and the system's theme."""
    asked = request.url.query
    return Visit(
        language=_language(request),
        theme=next((theme for theme in THEMES if theme == request.cookies.get(THEME_COOKIE)), "auto"),
        path=request.url.path,
        here=f"{request.url.path}?{asked}" if asked else request.url.path,
        dismissed=frozenset(request.cookies.get(DISMISSED_COOKIE, "").split(".")),
        user=str(getattr(request.state, "user", "") or ""),
    )


def _language(request: Request) -> Language:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return next(language for language in LANGUAGES if language == chosen)
    wishes = [_wish(part) for part in request.headers.get("accept-language", "").split(",")]
    for _, wished in sorted(wishes, key=lambda wish: -wish[0]):
        for language in LANGUAGES:
            if wished == language:
                return language
    return "en"


def _wish(part: str) -> tuple[float, str]:
    """`de-CH;q=0.8` → (0.8, "de"); RFC 9110 §12.5.4."""
    tag, _, weight = part.strip().partition(";q=")
    try:
        return (float(weight) if weight else 1.0), tag[:2].lower()
    except ValueError:
        return 0.0, ""


def local(address: str) -> str:
    """`address` if it leads to a page of this server, else the search page: no form sends anybody elsewhere."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
