"""A YAML or JSON file as it was written: every value keeps its letters and its line.

What YAML makes of a value (an unquoted `20:00` is the number 1200, `no` is false, `2023-01-01` is a date) is not
what its writer meant. So values stay text here, and whoever knows what a key means reads them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from radquarry.configuration.file import ConfigurationError

MOST_BYTES = 20_000_000
MOST_VALUES = 2_000_000
TAB = 4
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SURROGATE = re.compile(r"\\u[dD][89abAB]")
"""Half of a character in JSON's escapes: libyaml takes none."""
NULL = "tag:yaml.org,2002:null"

Key = tuple[str | int, ...]
"""Where a value stands: names of keys and places in lists."""


class Text(str):
    """One value with its line.

    `is_quoted`: its writer said that it is text; `meant`: what a YAML reader makes of it.
    """

    __slots__ = ("is_quoted", "line", "meant")

    line: int
    is_quoted: bool
    meant: Any

    @classmethod
    def at(cls, text: str, line: int, *, is_quoted: bool, meant: Any) -> "Text":
        """The text of a value."""
        value = cls(text)
        value.line, value.is_quoted, value.meant = line, is_quoted, meant
        return value


@dataclass
class Written:
    """`values` are dicts, lists and `Text`; empty values (`key:`, `null`) are left out."""

    file: Path
    values: Any
    lines: dict[Key, int]
    mended: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def place(self, key: Key) -> str:
        """`file:line` of the value, or of the nearest one above it."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.file}:{self.lines.get(key, 1)}"


def read(file: Path) -> Written:
    """Raises `ConfigurationError` when it cannot be read at all; a key that stands twice is a complaint."""
    written = Written(file, None, {})
    try:
        root = _composed(written, _text(file))
        if root is not None:
            written.values = _Walk(written).value(root, ())
    except RecursionError:
        raise ConfigurationError([f"{file}: is nested too deeply, or holds itself"]) from None
    return written


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise ConfigurationError([f"{file}: is longer than {MOST_BYTES // 1_000_000} MB"])
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError([f"{file}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{file}: is not UTF-8 text"]) from None


def _composed(written: Written, text: str) -> Any:
    """The nodes of the file; one that only its tabs spoil is read with spaces in their place."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader if SURROGATE.search(text) else LOADER)
    except yaml.YAMLError as error:
        if "\t" not in text:
            raise ConfigurationError([_not_yaml(written.file, text, error)]) from None
    try:
        root = yaml.compose(text.expandtabs(TAB), Loader=LOADER)
    except yaml.YAMLError as error:
        raise ConfigurationError([_not_yaml(written.file, text, error)]) from None
    line = text[: text.index("\t")].count("\n") + 1
    written.mended.append(f"{written.file}:{line}: tabs were read as spaces, {TAB} to a tab stop; YAML takes none")
    return root


def _not_yaml(file: Path, text: str, error: yaml.YAMLError) -> str:
    if text.lstrip()[:1] in "{[":
        try:
            json.loads(text)
        except ValueError as fault:
            return f"{file}:{getattr(fault, 'lineno', 1)}: not JSON: {getattr(fault, 'msg', 'unreadable')}"
    mark = getattr(error, "problem_mark", None)
    place = f"{file}:{mark.line + 1}" if mark else str(file)
    return f"{place}: not YAML: {getattr(error, 'problem', None) or 'characters that no text has'}"


class _Walk:
    """Nodes to plain values; a file whose parts repeat each other endlessly is refused."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._count = 0

    def value(self, node: yaml.Node, key: Key) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:
            raise ConfigurationError([f"{self._written.file}: holds more than {MOST_VALUES} values"])
        line = node.start_mark.line + 1
        self._written.lines.setdefault(key, line)
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, key))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*key, place)) for place, item in enumerate(node.value)]
        if not isinstance(node, yaml.ScalarNode) or node.tag == NULL:
            return None
        return Text.at(_letters(node), line, is_quoted=bool(node.style), meant=_meant(node))

    def _entries(self, node: yaml.MappingNode, above: Key) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for name, below in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                self._complain(line, "a key is a word")
                continue
            key = (*above, str(name.value))
            self._written.lines[key] = line
            if str(name.value) in seen:
                self._complain(line, f"{spelt(key)} stands twice")
            seen.add(str(name.value))
            value = self.value(below, key)
            if value is not None:
                yield str(name.value), value

    def _complain(self, line: int, words: str) -> None:
        self._written.complaints.append(f"{self._written.file}:{line}: {words}")


def _letters(node: yaml.ScalarNode) -> str:
    """Two halves of one character, as JSON may write it, put together."""
    return str(node.value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meant(node: yaml.ScalarNode) -> Any:
    try:
        return yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError):
        return str(node.value)


def spelt(key: Key) -> str:
    """`tags[2].callback` for people, who count from 1."""
    words = ""
    for part in key:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words
