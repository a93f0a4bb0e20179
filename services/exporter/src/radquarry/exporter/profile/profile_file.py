"""A profile as a YAML file; every complaint names the line to mend."""

import difflib
from pathlib import Path

from pydantic import ValidationError

from radquarry.configuration.file import ConfigurationError, read
from radquarry.exporter.profile.profile import Profile


def read_profile(file: Path | None) -> Profile:
    """The profile of a file, or the one that holds without any. Raises `ConfigurationError`."""
    if file is None:
        return Profile()
    sources = read(file, {})
    complaints = list(sources.complaints)
    for name in sources.values:
        if name not in Profile.model_fields:
            nearest = difflib.get_close_matches(name, Profile.model_fields, n=1, cutoff=0.5)
            known = f"did you mean {nearest[0]!r}?" if nearest else f"known here: {', '.join(Profile.model_fields)}"
            complaints.append(f"{sources.place((name,))}: unknown key {name!r}; {known}")
    if complaints:
        raise ConfigurationError(complaints)
    try:
        return Profile.model_validate(sources.values)
    except ValidationError as error:
        faults = error.errors(include_input=False)
    told = []
    for fault in faults:
        key, said = tuple(str(part) for part in fault["loc"][:1]), fault["msg"].removeprefix("Value error, ")
        told.append(f"{sources.place(key)}: {_named(fault['loc'])}: {said}" if key else f"{file}: {said}")
    raise ConfigurationError(told)


def _named(place: tuple[int | str, ...]) -> str:
    """`keep`, or `regions, row 3, rows`: a row has no line of its own here."""
    if place[0] != "regions" or len(place) < 2:
        return str(place[0])
    row = f"regions, row {int(place[1]) + 1}"
    return f"{row}, {place[2]}" if len(place) > 2 else row
