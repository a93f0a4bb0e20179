"""pacsanini's `tags`: the columns of a table of DICOM values."""

import difflib
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator

from radquarry.standalone.foreign.converters import CONVERTERS, Converter
from radquarry.standalone.foreign.tag_paths import TagPath
from radquarry.standalone.foreign.understanding import Foreign, OrNothing
from radquarry.standalone.foreign.written import Text


def _paths(value: object) -> tuple[TagPath, ...]:
    given = value if isinstance(value, list) else [value]
    names = [name for name in given if isinstance(name, str)]
    if not names or len(names) < len(given):
        raise ValueError("is the keyword of a DICOM attribute, or a list of them")
    return tuple(TagPath.parsed(name) for name in names)


def _plain(value: object) -> object:
    """A default as YAML means it: 0, false and "" are values too."""
    if isinstance(value, dict | list):
        raise ValueError("is one value")  # noqa: TRY004 - pydantic gathers these
    return value.meant if isinstance(value, Text) else value


def _known(value: object) -> object:
    if value is None:
        return None
    name = str(value).strip() if isinstance(value, str) else ""
    if name in CONVERTERS:
        return name
    nearest = difflib.get_close_matches(name, CONVERTERS, n=1, cutoff=0.6)
    hint = f"did you mean {nearest[0]!r}? known are" if nearest else "known are"
    raise ValueError(
        f"is no converter of ours, and nothing is imported from a configuration: {hint} {', '.join(CONVERTERS)}"
    )


class Column(Foreign):
    """One column: the first path of `tag_name` that has a value, through `callback`, else `default_val`."""

    tag_name: Annotated[tuple[TagPath, ...], PlainValidator(_paths)]
    tag_alias: Annotated[str | None, OrNothing] = None
    default_val: Annotated[Any, BeforeValidator(_plain)] = None
    callback: Annotated[str | None, BeforeValidator(_known), OrNothing] = None

    @property
    def name(self) -> str:
        """The column's heading."""
        return self.tag_alias or str(self.tag_name[0])

    @property
    def converter(self) -> Converter | None:
        """What `callback` names."""
        return CONVERTERS[self.callback] if self.callback else None
