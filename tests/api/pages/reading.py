"""HTML as a test reads it: text without markup, links, forms."""

from html.parser import HTMLParser

INLINE = {"mark", "bdi", "b", "span", "kbd"}


class Page(HTMLParser):
    """What stands on a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[tuple[str, dict[str, str]]] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, named))
        self._silent += tag in {"script", "style"}
        self.words.append("" if tag in INLINE else " ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All text, with single spaces (a no-break space counts as one)."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of each such element."""
        return [
            named
            for name, named in self.elements
            if name == tag
            and all(named.get(key.rstrip("_").replace("_", "-")) == value for key, value in wanted.items())
        ]

    def hrefs(self) -> list[str]:
        """Where the links lead."""
        return [named["href"] for named in self.all("a")]


def page_of(response) -> Page:
    """The page of a response that is one."""
    assert response.headers["content-type"].startswith("text/html")
    return Page(response.text)
