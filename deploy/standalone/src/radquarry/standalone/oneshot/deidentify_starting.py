"""From what was typed for `radquarry deidentify`, and the files it names, to work under way."""

from typing import NoReturn

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import Permanent
from radquarry.exporter.profile.profile_file import read_profile
from radquarry.exporter.pseudonyms.keyed import Given, project_key
from radquarry.exporter.pseudonyms.mapping_file import read_mapping
from radquarry.exporter.runs.sources import sources_in
from radquarry.exporter.runs.workplace import Order
from radquarry.exporter.settings import secret
from radquarry.standalone.deidentify_command import DeidentifyOptions
from radquarry.standalone.oneshot.deidentifying import Deidentifying, show_changes
from radquarry.standalone.oneshot.starting import refuse, run_command, say


def start_deidentify(options: DeidentifyOptions) -> NoReturn:
    """Exits with 0, 1 when something is held back or nothing released, 2 for a wrong order, 130 or 143 by a signal."""
    try:
        order = _order(options)
    except ConfigurationError as error:
        refuse(error.complaints)
    except Permanent as error:
        refuse(str(error).splitlines())
    sources = tuple(sources_in(options.inputs, order.folder))
    if options.dry_run:
        run_command(lambda screen: show_changes(order, sources, screen), lambda _: None)
    work = Deidentifying(order, options.project, sources, options.write_mapping, options.processes)
    run_command(work.run, lambda _: say(["ended by a signal: what is in the folder is checked; there is no report"]))


def _order(options: DeidentifyOptions) -> Order:
    if missing := [path for path in options.inputs if not path.exists()]:
        raise ConfigurationError([f"{path}: is not there" for path in missing])
    if options.output is None and not options.dry_run:
        raise ConfigurationError(["name the folder to write: -o FOLDER"])
    folder = options.output or options.inputs[0].parent
    if options.output is not None and any(path.resolve() == folder.resolve() for path in options.inputs):
        raise ConfigurationError([f"{folder}: is read from; name another folder to write"])
    if options.write_mapping is not None and not options.dry_run:
        mapping = options.write_mapping.resolve()
        if folder.resolve() in (mapping, *mapping.parents):
            raise ConfigurationError(["--write-mapping: the mapping does not belong into the folder that leaves"])
        if options.write_mapping.exists():
            raise ConfigurationError([f"{options.write_mapping}: is there already"])
        if not options.write_mapping.parent.is_dir():
            raise ConfigurationError([f"{options.write_mapping}: its folder is not there"])
    key = project_key(secret(options.key_file), options.project)
    given = Given() if options.mapping is None else read_mapping(options.mapping)
    return Order(folder, read_profile(options.profile), key, given, options.write_mapping is not None)
