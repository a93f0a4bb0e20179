"""`radquarry probe`: what each PACS can do, kept where a server looks for it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import BaseModel
from rich.console import Console
from rich.text import Text

from radquarry.configuration.addresses import state_address
from radquarry.errors import Permanent, Transient
from radquarry.finder.__main__ import MIGRATIONS, opened_archives
from radquarry.finder.pacs import Pacs
from radquarry.finder.profiles import Outcome, Profiles
from radquarry.finder.settings import Settings
from radquarry.finder.settings import load as load_finder
from radquarry.messages import PacsProfile
from radquarry.standalone.oneshot.profile_table import table_of
from radquarry.standalone.oneshot.starting import run_command
from radquarry.state.migration import migrate
from radquarry.state.store import open_state


class Probed(BaseModel):
    """One line of `--json`."""

    pacs: str
    profile: PacsProfile | None
    problem: str


def start_probe(file: Path | None, names: Sequence[str], *, as_json: bool) -> NoReturn:
    """Exits with 0, 1 when a PACS could not be probed, 130 or 143 by a signal."""
    configured = load_finder(file)
    settings = configured.model_copy(update={"pacs": {name: configured.pacs[name] for name in names}})

    async def work(screen: Console) -> int:
        return await run_probe(settings, screen, as_json=as_json)

    run_command(work, lambda screen: screen.print("ended by a signal: nothing more is asked"))


async def run_probe(settings: Settings, screen: Console, *, as_json: bool) -> int:
    """Probe all of them at once, and print what came of each; problems go to `screen`."""
    async with (
        open_state(state_address(settings.data_dir, settings.state_url)) as state,
        opened_archives(settings, state) as (archives, _load),
    ):
        await migrate(state, "finder", MIGRATIONS)
        profiles = Profiles(state)
        with screen.status(Text(f"asking {', '.join(archives)}")):
            all_probed = await asyncio.gather(*(_probed(name, pacs, profiles) for name, pacs in archives.items()))
    for probed in all_probed:
        _say(probed, screen, as_json=as_json)
    return 1 if any(probed.problem for probed in all_probed) else 0


def _say(probed: Probed, screen: Console, *, as_json: bool) -> None:
    if as_json:
        print(probed.model_dump_json())  # noqa: T201 - the command's result
    elif probed.profile is not None:
        Console(highlight=False).print(table_of(probed.pacs, probed.profile))
    if probed.problem:
        screen.print(Text(f"{probed.pacs} could not be probed: {probed.problem}", "red"), soft_wrap=True)


async def _probed(name: str, pacs: Pacs, profiles: Profiles) -> Probed:
    try:
        profile = await pacs.probe()
    except (Transient, Permanent) as error:
        return Probed(pacs=name, profile=None, problem=str(error))
    await profiles.keep(name, Outcome(profile))
    return Probed(pacs=name, profile=profile, problem="")
