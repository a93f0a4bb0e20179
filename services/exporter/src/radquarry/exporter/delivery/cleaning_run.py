"""Files through the engine of de-identification into a folder of their own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Deidentifying
from radquarry.errors import Permanent
from radquarry.exporter.profile.profile import Profile
from radquarry.exporter.profile.profile_file import read_profile
from radquarry.exporter.pseudonyms.keyed import project_key
from radquarry.exporter.pseudonyms.own_key import own_key
from radquarry.exporter.runs.run import Cleaned, Processes, folder_of_one
from radquarry.exporter.runs.sources import Source
from radquarry.exporter.runs.workplace import Order
from radquarry.exporter.settings import content, variable_secret
from radquarry.messages import Deidentification

KEPT_SECONDS = 60.0
"""How long processes without work stay: the next study of a delivery is soon there, and each takes some memory."""


class ProfileUnusable(Permanent):
    """No profile of this name is configured, or its file is wrong; the text says which."""


class Engine:
    """One run at a time in this process, over as many processes as are configured."""

    def __init__(self, configured: Deidentifying, data_dir: Path) -> None:
        self._configured = configured
        self._data_dir = data_dir
        self._one = asyncio.Semaphore(1)
        self._processes = Processes(configured.processes)
        self._ending: asyncio.TimerHandle | None = None

    def profile(self, name: str) -> Profile:
        """The profile of a name; the usual one for none. Raises `ProfileUnusable`."""
        if not name:
            return Profile()
        profiles: Mapping[str, Path] = self._configured.profiles
        if name not in profiles:
            known = ", ".join(sorted(profiles)) or "none is configured"
            raise ProfileUnusable(f"no profile of de-identification is named {name}; known: {known}")
        try:
            return read_profile(profiles[name])
        except ConfigurationError as error:
            raise ProfileUnusable(f"the profile {name} cannot be used: {error.complaints[0]}") from None

    def secret(self) -> bytes:
        """What all pseudonyms come from. Raises `KeyRefused`."""
        if self._configured.key_file is not None:
            return content(self._configured.key_file)
        return variable_secret() or own_key(self._data_dir)

    def order(self, folder: Path, how: Deidentification, *, map_wanted: bool = False) -> Order:
        """What a run into `folder` needs to know. Raises `ProfileUnusable`, `KeyRefused`."""
        return Order(folder, self.profile(how.profile), project_key(self.secret(), how.project), map_wanted=map_wanted)

    @asynccontextmanager
    async def cleaned(
        self, folder: Path, how: Deidentification, sources: Sequence[Source], *, map_wanted: bool
    ) -> AsyncIterator[AsyncIterator[Cleaned]]:
        """Each file's outcome as it comes; what may leave lies in `folder`.

        Raises `RunRefused`, `ProfileUnusable`, `KeyRefused`.
        """
        order = await asyncio.to_thread(partial(self.order, folder, how, map_wanted=map_wanted))
        async with self._one:
            if self._ending is not None:
                self._ending.cancel()
            try:
                with folder_of_one(folder):
                    async with aclosing(self._processes.outcomes(order, sources)) as work:
                        yield work
            finally:
                loop = asyncio.get_running_loop()
                self._ending = loop.call_later(KEPT_SECONDS, loop.run_in_executor, None, self._processes.close)

    async def close(self) -> None:
        """No process is left."""
        if self._ending is not None:
            self._ending.cancel()
        await asyncio.to_thread(self._processes.close)
