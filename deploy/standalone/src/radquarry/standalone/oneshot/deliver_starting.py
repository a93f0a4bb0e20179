"""From what was typed for `radquarry deliver`, and the configuration, to work under way."""

from pathlib import Path
from typing import NoReturn
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import ValidationError

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import Permanent
from radquarry.exporter.delivery.cleaning_run import Engine
from radquarry.exporter.settings import Settings, load
from radquarry.messages import Deidentification
from radquarry.standalone import settings as standalone
from radquarry.standalone.deliver_command import DeliverOptions
from radquarry.standalone.oneshot.delivered import Delivered
from radquarry.standalone.oneshot.delivering import Delivering
from radquarry.standalone.oneshot.starting import refuse, run_command, say


def start_deliver(options: DeliverOptions) -> NoReturn:
    """Exits with 0, 1 when something did not arrive, 2 for a wrong order, 130 or 143 by a signal."""
    try:
        work = _work(options)
    except ConfigurationError as error:
        refuse(error.complaints)
    except Permanent as error:
        refuse(str(error).splitlines())
    run_command(work.run, lambda _: say(["ended by a signal: repeat the command, it goes on where it ended"]))


def _work(options: DeliverOptions) -> Delivering:
    settings = load(standalone.found(options.config))
    if missing := [path for path in options.inputs if not path.exists()]:
        raise ConfigurationError([f"{path}: is not there" for path in missing])
    how = _how(options)
    destination = settings.destinations.get(options.to)
    if destination is None:
        known = ", ".join(sorted(settings.destinations)) or "none is configured"
        raise ConfigurationError([f"--to: no destination is named {options.to}; known: {known}"])
    if how is None and not destination.identified:
        raise ConfigurationError([f"--identified: {options.to} takes no identified images"])
    if destination.path is not None:
        _demand_apart(destination.path, options.inputs)
    engine = Engine(settings.deidentification, settings.data_dir)
    if how is not None:
        engine.profile(how.profile)
        engine.secret()
    remembered = None
    if destination.kind != "directory":
        remembered = Delivered(
            settings.data_dir / "exporter" / "delivered" / f"{options.to}.jsonl", again=options.again
        )
    return Delivering(settings, options.to, options.inputs, how, engine, remembered, _name(options, settings))


def _how(options: DeliverOptions) -> Deidentification | None:
    if options.identified == (options.project is not None):
        raise ConfigurationError(["say how: --project NAME (de-identified), or --identified (as they are)"])
    if options.project is None:
        if options.profile:
            raise ConfigurationError(["--profile belongs to --project"])
        return None
    try:
        return Deidentification(project=options.project, profile=options.profile)
    except ValidationError:
        raise ConfigurationError(["--project: letters, digits, hyphens and underscores, at most 64"]) from None


def _demand_apart(path: Path, inputs: tuple[Path, ...]) -> None:
    """What is written is not read from in the same run."""
    for one in inputs:
        if path.resolve() == one.resolve() or one.resolve() in path.resolve().parents:
            raise ConfigurationError([f"{one}: the destination lies in it; name what is to be delivered alone"])


def _name(options: DeliverOptions, settings: Settings) -> UUID:
    """The same for the same command: it is what it goes on under."""
    given = sorted(str(path.resolve()) for path in options.inputs)
    how = options.project or "identified", options.profile
    return uuid5(NAMESPACE_URL, "\0".join([options.to, str(settings.data_dir.resolve()), *how, *given]))
