"""Reads `radquarry.yaml` and the environment; every complaint names the file and line, or the variable, to mend."""

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from radquarry.configuration.sections import Whole

PREFIX = "RADQUARRY_"
NOT_KEYS = ("HEARTBEAT", "PSEUDONYM_KEY", "SERVERS", "TEST_")
"""Variables with our prefix that are no configuration: the containers', the exporter's secret and the tests' own."""
NAMES_OF_FILES = ("__USERS_FILE", "__KEY_FILE")
"""Keys that are called so; of any other, `…_FILE` names a file that holds the value."""

ADDRESSES = {
    "bus_url": ("sqlite", "amqp", "amqps"),
    "index_url": ("tantivy", "http", "https"),
    "state_url": ("sqlite", "postgresql", "postgres"),
}
"""What an address may begin with; the first is also a word of its own."""

Path_ = tuple[str, ...]
Settings = TypeVar("Settings", bound=BaseModel)


class ConfigurationError(Exception):
    """What to mend, one line each: `radquarry.yaml:7: …`."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class Sources:
    """Keys and where each came from, so that a complaint can say it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.places: dict[Path_, str] = {}
        self.complaints: list[str] = []

    def put(self, path: Path_, value: Any, place: str) -> None:
        """Set one key; a later one replaces an earlier one."""
        here = self.values
        for name in path[:-1]:
            if not isinstance(here.get(name), dict):
                here[name] = {}
            here = here[name]
        here[path[-1]] = value
        for depth in range(1, len(path) + 1):
            self.places.setdefault(path[:depth], place)
        self.places[path] = place

    def as_written(self, names: Iterable[str]) -> Path_:
        """The path that a variable's upper-case names stand for: as the file spells them, else in lower case."""
        path: Path_ = ()
        here: Any = self.values
        for name in names:
            known = here if isinstance(here, dict) else {}
            spelt = next((key for key in known if key.upper() == name.upper()), name.lower())
            path, here = (*path, spelt), known.get(spelt)
        return path

    def place(self, path: Path_) -> str:
        """Where the key, or the nearest one above it, stands."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, "configuration")


def load(settings: type[Settings], file: Path | None, environ: Mapping[str, str]) -> Settings:
    """The keys that `settings` declares; all other keys of radquarry are allowed, unknown ones are refused.

    The environment wins over the file. Relative paths are seen from the file's folder.
    """
    sources = read(file, environ)
    sources.complaints += _unknown(Whole, sources.values, (), sources)
    sources.values.setdefault("data_dir", str(Whole().data_dir))
    for name, schemes in ADDRESSES.items():
        if name in settings.model_fields and isinstance(url := sources.values.get(name), str):
            _check_scheme((name,), url, schemes, sources)
    if sources.complaints:
        raise ConfigurationError(sources.complaints)
    base = file.parent if file is not None else Path()
    try:
        return settings.model_validate(_seen_from(base, Whole, sources.values))
    except ValidationError as error:
        raise ConfigurationError([_complaint(fault, sources) for fault in error.errors(include_input=False)]) from None


def _seen_from(base: Path, model: type[BaseModel], values: Any) -> Any:
    """The values with every relative path of `model` laid onto `base`."""
    if not isinstance(values, dict):
        return values
    seen = dict(values)
    for name in set(values) & set(model.model_fields):
        annotation, value = model.model_fields[name].annotation, values[name]
        if isinstance(value, str) and (annotation is Path or Path in get_args(annotation)):
            seen[name] = base / value
        for inner, entry, below in _sections(annotation, value):
            laid = _seen_from(base, inner, below)
            seen[name] = laid if entry is None else {**seen[name], entry: laid}
    return seen


def _check_scheme(path: Path_, url: str, schemes: tuple[str, ...], sources: Sources) -> None:
    """Refuse an address that nothing of ours speaks; the rest of it may be a password and is not repeated."""
    scheme, is_url, _ = url.partition("://")
    if url != schemes[0] and not (is_url and scheme.split("+")[0] in schemes):
        complaint = f"{sources.place(path)}: {'.'.join(path)}: begins with none of {', '.join(schemes)}"
        sources.complaints.append(complaint)


def read(file: Path | None, environ: Mapping[str, str]) -> Sources:
    """File and environment as one tree of plain values."""
    sources = Sources()
    if file is not None:
        _read_file(file, sources)
    for name in sorted(environ):
        key = name.removeprefix(PREFIX)
        if name.startswith(PREFIX) and not key.startswith(NOT_KEYS):
            value = _plain(environ[name])
            if key.endswith("_FILE") and not key.endswith(NAMES_OF_FILES):
                key, value = key.removesuffix("_FILE"), _secret(name, environ[name], sources)
            sources.put(sources.as_written(key.split("__")), value, name)
    return sources


def _read_file(file: Path, sources: Sources) -> None:
    try:
        text = file.read_text("utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise ConfigurationError([f"{file}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{file}: is not UTF-8 text"]) from None
    except RecursionError:
        raise ConfigurationError([f"{file}: is nested too deeply"]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else str(file)
        raise ConfigurationError([f"{place}: not YAML: {getattr(error, 'problem', error)}"]) from None
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError([f"{file}:1: a configuration is a list of `key: value` lines"])
    try:
        for path, value, line in _leaves(root, (), file, sources):
            sources.put(path, value, f"{file}:{line}")
    except RecursionError:
        raise ConfigurationError([f"{file}: is nested too deeply, or holds itself"]) from None


def _leaves(node: yaml.MappingNode, above: Path_, file: Path, sources: Sources) -> Iterator[tuple[Path_, Any, int]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            sources.complaints.append(f"{file}:{line}: a key is a word")
            continue
        name = str(key.value)
        path = (*above, name)
        if name in seen:
            sources.complaints.append(f"{file}:{line}: {'.'.join(path)} stands twice")
        seen.add(name)
        if isinstance(value, yaml.MappingNode) and value.value:
            sources.places[path] = f"{file}:{line}"
            yield from _leaves(value, path, file, sources)
        elif value.tag != "tag:yaml.org,2002:null":
            try:
                yield path, yaml.SafeLoader("").construct_document(value), line
            except (yaml.YAMLError, ValueError):
                sources.complaints.append(f"{file}:{line}: {'.'.join(path)}: this value cannot be read; quote it")


def _secret(name: str, file: str, sources: Sources) -> str:
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        sources.complaints.append(f"{name}: the file it names cannot be read")
        return ""


def _plain(value: str) -> Any:
    """A variable's value as YAML reads it where that gives a list or a mapping, else as text."""
    if value[:1] in "[{":
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value
    return value


def _unknown(model: type[BaseModel], values: Any, above: Path_, sources: Sources) -> list[str]:
    complaints: list[str] = []
    for name, value in values.items() if isinstance(values, dict) else ():
        path = (*above, name)
        field = model.model_fields.get(name)
        if field is None:
            nearest = difflib.get_close_matches(name, model.model_fields, n=1, cutoff=0.5)
            hint = f"; did you mean {nearest[0]!r}?" if nearest else f"; known here: {', '.join(model.model_fields)}"
            complaints.append(f"{sources.place(path)}: unknown key {'.'.join(path)!r}{hint}")
            continue
        for inner, entry, below in _sections(field.annotation, value):
            complaints += _unknown(inner, below, path if entry is None else (*path, entry), sources)
    return complaints


def _sections(annotation: Any, value: Any) -> Iterator[tuple[type[BaseModel], str | None, Any]]:
    """The models inside a field's type, for each the name of its entry in a mapping by name, and its own values."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, None, value
    elif origin is dict:
        for entry, below in value.items() if isinstance(value, dict) else ():
            yield from ((inner, entry, values) for inner, _, values in _sections(inside[1], below))
    elif origin is Annotated:
        kind = value.get("kind") if isinstance(value, dict) else None
        for part in get_args(inside[0]):
            if _kind(part) == kind:
                yield part, None, value
    elif origin in (Union, types.UnionType):
        for part in inside:
            yield from _sections(part, value)


def _kind(model: Any) -> str:
    """What a section of several kinds calls this one."""
    field = model.model_fields.get("kind") if isinstance(model, type) and issubclass(model, BaseModel) else None
    return get_args(field.annotation)[0] if field is not None else ""


def _complaint(fault: Mapping[str, Any], sources: Sources) -> str:
    path: Path_ = ()
    here: Any = sources.values
    for part in fault["loc"]:
        known = here if isinstance(here, dict) else {}
        if part in known or known.get("kind") != part:  # pydantic names a section's kind as if it were a key
            path, here = (*path, str(part)), known.get(part)
    said = fault["msg"]
    if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path, kinds = (*path, "kind"), fault.get("ctx", {}).get("expected_tags", "")
        said = f"Input should be {' or '.join(kinds.split(', '))}" if kinds else "Field required"
    return f"{sources.place(path)}: {'.'.join(path) or 'configuration'}: {said}"
