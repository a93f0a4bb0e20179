"""From what was typed for `radquarry convert`, and the files it names, to work under way."""

from typing import NoReturn, cast, get_args

from radquarry.configuration.file import ConfigurationError
from radquarry.errors import Permanent
from radquarry.exporter.conversion.given import checked
from radquarry.exporter.conversion.inputs import inputs_of
from radquarry.exporter.conversion.patient_table import read_table
from radquarry.exporter.conversion.run import Order, Target
from radquarry.standalone.convert_command import ConvertOptions
from radquarry.standalone.oneshot.converting import run_conversion
from radquarry.standalone.oneshot.starting import refuse, run_command, say


def start_convert(options: ConvertOptions) -> NoReturn:
    """Exits with 0, 1 when something is refused or nothing converted, 2 for a wrong order, 130 or 143 by a signal."""
    try:
        order = _order(options)
    except ConfigurationError as error:
        refuse(error.complaints)
    except Permanent as error:
        refuse(str(error).splitlines())
    inputs = tuple(inputs_of(options.inputs, order.folder))
    run_command(
        lambda screen: run_conversion(order, inputs, screen),
        lambda _: say(["ended by a signal: what is in the folder is whole; there is no report"]),
    )


def _order(options: ConvertOptions) -> Order:
    if missing := [path for path in options.inputs if not path.exists()]:
        raise ConfigurationError([f"{path}: is not there" for path in missing])
    if any(path.resolve() == options.output.resolve() for path in options.inputs):
        raise ConfigurationError([f"{options.output}: is read from; name another folder to write"])
    if options.to not in get_args(Target):
        raise ConfigurationError([f"--to: is one of {', '.join(filter(None, get_args(Target)))}"])
    pairs = dict(options.given)
    for setting in options.settings:
        keyword, equals, value = setting.partition("=")
        if not equals or keyword in pairs:
            raise ConfigurationError(["--set: is KEYWORD=VALUE, and each keyword is given once"])
        pairs[keyword] = value
    table = None if options.table is None else read_table(options.table)
    return Order(options.output, cast("Target", options.to), checked(pairs), table)
