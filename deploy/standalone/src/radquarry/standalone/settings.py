"""The whole configuration, and each part's own view of it."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from radquarry.configuration.file import load as load_file
from radquarry.configuration.sections import Whole

DEFAULT_FILE = Path("radquarry.yaml")
LOCAL_ZONE = Path("/etc/localtime")


def load(file: Path | None) -> Whole:
    """Every key; without `file` it is `radquarry.yaml` of the current folder, where there is one."""
    return load_file(Whole, found(file), os.environ)


def found(file: Path | None) -> Path | None:
    """The configuration file to read: the one that was named, else the usual one when it exists."""
    if file is None and DEFAULT_FILE.exists():
        return DEFAULT_FILE
    return file


def local_timezone() -> str:
    """This machine's time zone, for files that name none: by its name, else by its hours from UTC now."""
    for name in (os.environ.get("TZ", "").lstrip(":"), str(LOCAL_ZONE.resolve()).rpartition("zoneinfo/")[2]):
        if name in available_timezones():
            return name
    hours = round((datetime.now().astimezone().utcoffset() or timedelta()) / timedelta(hours=1))
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
