"""The PACS of a one-shot command: within the configured budget and stop button, or with a budget of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import ValidationError

from radquarry.configuration.addresses import state_address
from radquarry.configuration.file import ConfigurationError
from radquarry.finder.__main__ import opened_archives
from radquarry.finder.pacs import Pacs
from radquarry.finder.profiles import Profiles
from radquarry.finder.settings import Settings
from radquarry.finder.settings import load as load_finder
from radquarry.state.store import open_state


@dataclass(frozen=True)
class Asked:
    """One PACS, and the settings it is reached with; `state_url` None: nobody else shares its budget with us."""

    settings: Settings
    name: str
    state_url: str | None = None

    @property
    def associations(self) -> int:
        """How many at once."""
        return self.settings.pacs[self.name].load.associations

    @property
    def address(self) -> str:
        """Of whom the answers are, for telling one question from another."""
        pacs = self.settings.pacs[self.name]
        return f"{pacs.ae_title}@{pacs.host}:{pacs.port}"


@dataclass(frozen=True)
class Called:
    """A PACS as a file of another tool names it."""

    ae_title: str
    host: str
    port: int
    calling_ae_title: str
    associations: int = 1


def of_configuration(file: Path | None, name: str | None) -> Asked:
    """The PACS of this name in `radquarry.yaml`, or the only one. Raises `ConfigurationError`."""
    settings = load_finder(file)
    known = ", ".join(sorted(settings.pacs)) or "none is configured"
    if name is None and len(settings.pacs) != 1:
        raise ConfigurationError([f"which PACS? Name one with --pacs; known: {known}"])
    chosen = name or next(iter(settings.pacs))
    if chosen not in settings.pacs:
        raise ConfigurationError([f"no PACS is named {chosen}; known: {known}"])
    return Asked(settings, chosen, state_address(settings.data_dir, settings.state_url))


def of_address(called: Called) -> Asked:
    """A PACS that is in no configuration of ours. Raises `ConfigurationError`."""
    name = re.sub(r"[^A-Za-z0-9_-]", "-", called.ae_title).strip("-_") or "pacs"
    pacs = {
        "ae_title": called.ae_title,
        "host": called.host,
        "port": called.port,
        "load": {"associations": called.associations},
    }
    try:
        settings = Settings.model_validate({"node": {"ae_title": called.calling_ae_title}, "pacs": {name: pacs}})
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise ConfigurationError([f"the PACS: {fault['msg']}" for fault in faults]) from None
    return Asked(settings, name)


@asynccontextmanager
async def opened_pacs(asked: Asked) -> AsyncIterator[Pacs]:
    """The PACS, ready to be asked; the end aborts what is under way. Raises `PeerAway` without the state store.

    Where the store has the PACS's profile, that is gone by.
    """
    async with AsyncExitStack() as stack:
        url = asked.state_url
        if url is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="radquarry-"))
            url = f"sqlite:///{folder}/state.db"
        state = await stack.enter_async_context(open_state(url))
        settings = asked.settings.model_copy(update={"pacs": {asked.name: asked.settings.pacs[asked.name]}})
        archives, _load = await stack.enter_async_context(opened_archives(settings, state))
        pacs = archives[asked.name]
        if known := (await Profiles(state).at_hand()).get(asked.name):
            pacs.watch.take(known.profile, known.contradicted)
        yield pacs
