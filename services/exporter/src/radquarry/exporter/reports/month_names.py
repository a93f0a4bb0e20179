"""Months as six languages write them."""

import re

NAMES = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "it": ("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
           "novembre", "dicembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
    "nl": ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
           "november", "december"),
}  # fmt: skip
SHORT = {
    "de": ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"),
    "it": ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "nl": ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
}  # fmt: skip
OTHERS = {"jänner": ("de", 0), "feber": ("de", 1), "maerz": ("de", 2), "mrz": ("de", 2), "sept": ("en", 8),
          "fevrier": ("fr", 1), "aout": ("fr", 7), "decembre": ("fr", 11)}  # fmt: skip
_KNOWN: dict[str, tuple[str, int, bool]] = {
    name.lower(): (language, number, short)
    for short, table in ((True, SHORT), (False, NAMES))
    for language in ("nl", "es", "it", "fr", "en", "de")
    for number, name in enumerate(table[language])
} | {name: (language, number, name in ("mrz", "sept")) for name, (language, number) in OTHERS.items()}
PATTERN = "|".join(sorted(map(re.escape, _KNOWN), key=len, reverse=True))


def number_of(word: str) -> int:
    """1 to 12."""
    return _KNOWN[word.lower()][1] + 1


def written_like(word: str, month: int, language: str = "") -> str:
    """Another month in the language, length and case of the word; `language` decides where a word is of several."""
    known, _, short = _KNOWN[word.lower()]
    table = SHORT if short else NAMES
    if language in table and word.lower() in (name.lower() for name in table[language]):
        known = language
    name = table[known][month - 1]
    if word.isupper():
        return name.upper()
    return name.capitalize() if word[0].isupper() else name.lower()
