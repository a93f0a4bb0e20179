"""From what is written in a file to a model of it: unknown keys are refused with line and nearest key, as ours are."""

import difflib
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo

from radquarry.configuration.file import ConfigurationError
from radquarry.standalone.foreign.written import Key, Text, Written, spelt

Model = TypeVar("Model", bound=BaseModel)


class Foreign(BaseModel):
    """A section of another tool's file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def understood(model: type[Model], written: Written) -> Model:
    """The model; what was mended on the way is added to `written.mended`. Raises `ConfigurationError`."""
    complaints = list(written.complaints)
    if not isinstance(written.values, dict):
        raise ConfigurationError([f"{written.file}:1: a configuration is a list of `key: value` lines"])
    known = _known(model, written.values, ())
    complaints += (_unknown(written, key, among) for key, among in known)
    try:
        made = model.model_validate(_without(written.values, {key for key, _ in known}), context={"written": written})
    except ValidationError as error:
        complaints += [_complaint(written, fault) for fault in error.errors(include_input=False)]
        raise ConfigurationError(_in_order(complaints)) from None
    if complaints:
        raise ConfigurationError(_in_order(complaints))
    return made


def mend(info: ValidationInfo, value: object, words: str) -> None:
    """For validators: say that a value was understood though it is a known mistake."""
    written = (info.context or {}).get("written")
    if isinstance(written, Written) and words:
        line = f":{value.line}" if isinstance(value, Text) else ""
        written.mended.append(f"{written.file}{line}: {info.field_name}: {words}")


def is_number(value: object) -> bool:
    """Whether the file has this value as a number, not as text."""
    return isinstance(value, Text) and not value.is_quoted and isinstance(value.meant, int | float)


def _none_for_empty(value: object) -> object:
    """Empty text and 0 where they stand for nothing."""
    return None if value in ("", "0") else value


OrNothing = BeforeValidator(_none_for_empty)
"""For keys whose empty value, or 0, is the same as the key left out."""


def _upper(value: object, info: ValidationInfo) -> object:
    if isinstance(value, str) and value != value.strip().upper():
        mend(info, value, f"{value.strip().upper()} is written in capitals")
        return value.strip().upper()
    return value


Capitals = BeforeValidator(_upper)
Nothing = Annotated[str, OrNothing]


def _known(model: type[BaseModel], values: object, above: Key) -> list[tuple[Key, tuple[str, ...]]]:
    """The keys that no model has, each with those it might have been."""
    if not isinstance(values, Mapping):
        return []
    unknown: list[tuple[Key, tuple[str, ...]]] = []
    for name, value in values.items():
        found = model.model_fields.get(name)
        if found is None:
            unknown.append(((*above, name), tuple(model.model_fields)))
            continue
        for inner, is_list in _models(found.annotation):
            items = enumerate(value) if is_list and isinstance(value, list) else () if is_list else [("", value)]
            for place, item in items:
                unknown += _known(inner, item, (*above, name, place) if is_list else (*above, name))
    return unknown


def _models(annotation: Any) -> Iterator[tuple[type[BaseModel], bool]]:
    """The models inside a field's type, and whether they are the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, False
    elif get_origin(annotation) is tuple:
        yield from ((inner, True) for part in get_args(annotation) for inner, _ in _models(part))
    elif get_origin(annotation) in (Union, types.UnionType, Annotated):
        for part in get_args(annotation):
            yield from _models(part)


def _without(values: Any, left_out: set[Key], above: Key = ()) -> Any:
    if isinstance(values, dict):
        kept = {name: value for name, value in values.items() if (*above, name) not in left_out}
        return {name: _without(value, left_out, (*above, name)) for name, value in kept.items()}
    if isinstance(values, list):
        return [_without(value, left_out, (*above, place)) for place, value in enumerate(values)]
    return values


def _unknown(written: Written, key: Key, among: tuple[str, ...]) -> str:
    nearest = difflib.get_close_matches(str(key[-1]), among, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; known here: {', '.join(among)}"
    return f"{written.place(key)}: unknown key {spelt(key)!r}{hint}"


def _complaint(written: Written, fault: Mapping[str, Any]) -> str:
    key: Key = tuple(fault["loc"])
    words = str(fault["msg"]).removeprefix("Value error, ")
    return f"{written.place(key)}: {spelt(key) or 'configuration'}: {words}"


def _in_order(complaints: list[str]) -> list[str]:
    def line(complaint: str) -> int:
        digits = complaint.split(": ", 1)[0].rpartition(":")[2]
        return int(digits) if digits.isdigit() else 0

    return sorted(dict.fromkeys(complaints), key=line)
