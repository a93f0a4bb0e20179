"""What the process of a conversion does: uploaded files through the converters, and the report of it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path, PurePosixPath

from radquarry.exporter.conversion.decoder import decoder
from radquarry.exporter.conversion.given import GivenRefused, checked
from radquarry.exporter.conversion.inputs import Input, inputs_of
from radquarry.exporter.conversion.outcomes import Outcome, write_report
from radquarry.exporter.conversion.patient_table import PatientTable, TableRefused, read_table
from radquarry.exporter.conversion.run import Conversion, Order
from radquarry.exporter.files.conversion_process import Wanted, Word

SAID: dict[str, Word] = {"converted": ("converted", ""), "repeated": ("converted", ""), "refused": ("refused", "")}


async def work(wanted: Wanted) -> AsyncGenerator[Word, None]:
    """Raises `GivenRefused`, `TableRefused`, `RunRefused`, `ReportNotWritten`."""
    inputs = tuple(map(_as_uploaded, inputs_of([wanted.given], wanted.folder)))
    order = Order(wanted.folder, wanted.to, checked(dict(wanted.attributes)), _table(wanted, inputs))
    if len(dict(wanted.attributes)) < len(wanted.attributes):
        raise GivenRefused("an attribute is given twice")
    yield "total", str(len(inputs))
    told: list[Outcome] = []
    with decoder() as decoding:
        conversion = Conversion(order, inputs, decoding)
        async with aclosing(conversion.outcomes()) as outcomes:
            async for outcome in outcomes:
                told.append(outcome)
                yield SAID.get(outcome.state, ("other", ""))
    unused = conversion.unused_rows
    write_report(wanted.folder, told, [f"{unused} rows of the table name no file that is there"] if unused else [])


def _as_uploaded(given: Input) -> Input:
    """Each upload lies in a folder of its own, which the user does not know of: all lay together."""
    name = PurePosixPath(*PurePosixPath(given.name).parts[1:]).as_posix() if "/" in given.name else given.name
    return Input(given.source, name, PurePosixPath(name).parent.as_posix())


def _table(wanted: Wanted, inputs: tuple[Input, ...]) -> PatientTable | None:
    if not wanted.table:
        return None
    found = [each.source.path for each in inputs if each.name == wanted.table and each.source.member is None]
    if len(found) != 1:
        raise TableRefused("the table is not among the files, or several are called so")
    try:
        return read_table(found[0])
    except TableRefused as fault:
        raise TableRefused(str(fault).replace(str(found[0]), Path(wanted.table).name)) from None
