"""The users file: lines `name:hash`, read again when it changes."""

import time
from pathlib import Path

import structlog

from radquarry.api.passwords import read
from radquarry.configuration.file import ConfigurationError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0


class Users:
    """Names and their hashes. A file that is away or wrong for a moment leaves the last good state in force."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._looked = time.monotonic()
        try:
            self._stamp = self._stamp_now()
            self._hashes, complaints = _users(file)
        except (OSError, UnicodeDecodeError) as error:
            reason = type(error).__name__ if isinstance(error, UnicodeDecodeError) else error.strerror
            raise ConfigurationError([f"{file}: api.authentication.users_file cannot be read: {reason}"]) from None
        if complaints:
            raise ConfigurationError(complaints)
        if not self._hashes:
            raise ConfigurationError([f"{file}: names no user; make a line with `radquarry password NAME`"])

    def hash_of(self, name: str) -> str | None:
        """The kept hash of `name`, as the file stands now."""
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._look()
        return self._hashes.get(name)

    def any_hash(self) -> str:
        """Some user's hash: an unknown name costs as much time as a known one."""
        return next(iter(self._hashes.values()))

    def _look(self) -> None:
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return
            hashes, complaints = _users(self._file)
        except (OSError, UnicodeDecodeError) as error:
            log.warning("the users file cannot be read; the users stay as they were", reason=type(error).__name__)
            return
        self._stamp = stamp
        if complaints or not hashes:
            log.error("the users file is not taken over", complaints=complaints or ["it names no user"])
            return
        self._hashes = hashes
        log.info("the users file was read again", users=len(hashes))

    def _stamp_now(self) -> tuple[int, int, int]:
        found = self._file.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino


def _users(file: Path) -> tuple[dict[str, str], list[str]]:
    """Name → hash, and what is wrong, by line; a hash is never repeated in a complaint."""
    hashes: dict[str, str] = {}
    complaints = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, kept = line.strip().partition(":")
        if not colon or not name or len(name) > 64 or not name.isprintable():
            complaints.append(f"{file}:{number}: a line is `name:hash`, with a name of at most 64 characters")
            continue
        try:
            read(kept)
        except ValueError as error:
            complaints.append(f"{file}:{number}: {name}: {error}")
            continue
        if name in hashes:
            complaints.append(f"{file}:{number}: {name} stands twice")
        hashes[name] = kept
    return hashes, complaints
