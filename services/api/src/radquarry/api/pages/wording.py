"""All words of the pages, in both languages, from one catalogue: `wording.toml`.

An entry is a sentence, or two of them: for exactly one, and for any other number `n`.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from radquarry.api.pages.formats import number

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = ("en", "de")
Entry = Mapping[str, str | list[str]]


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Entry]:
    """Key → language → sentence, or the two sentences for one and for many."""
    return tomllib.loads((files(__package__) / "wording.toml").read_text("utf-8"))


class Wording:
    """The catalogue in one language; calling it with a key gives the sentence with its values put in."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of `key`. Raises KeyError for a key that is not in the catalogue."""
        entry = catalogue()[key][self.language]
        if isinstance(entry, list):
            entry = entry[0] if values["n"] == 1 else entry[1]
        return entry.format_map({name: self._shown(value) for name, value in values.items()}) if values else entry

    def known(self, key: str, otherwise: str) -> str:
        """The sentence of `key` if the catalogue has one, else `otherwise` as it is."""
        return self(key) if key in catalogue() else otherwise

    def _shown(self, value: object) -> str:
        return number(value) if isinstance(value, int) else str(value)
