"""The `radquarry` command."""

import asyncio
import getpass
import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from radquarry.configuration.addresses import index_address
from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Whole
from radquarry.errors import Permanent, Transient
from radquarry.process import configure_logs, until_told
from radquarry.standalone import settings
from radquarry.standalone.convert_command import convert
from radquarry.standalone.deidentify_command import deidentify
from radquarry.standalone.deliver_command import deliver
from radquarry.standalone.find_command import find
from radquarry.standalone.move_command import move
from radquarry.standalone.tags_command import tags

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Find what radiologists wrote, bring the images home."
)
config = typer.Typer(no_args_is_help=True, help="The configuration file.")
app.add_typer(config, name="config")

ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help="radquarry.yaml")]
PacsNames = Annotated[list[str] | None, typer.Argument(help="Names of PACS; all when none is named.")]
screen = Console()
complaints = Console(stderr=True, highlight=False)


def configured(file: Path | None) -> Whole:
    """The configuration, or its faults on standard error and exit code 2."""
    try:
        return settings.load(file)
    except ConfigurationError as error:
        _refuse(error)


def _refuse(error: ConfigurationError) -> NoReturn:
    for line in error.complaints:
        complaints.print(Text(line, style="red"), soft_wrap=True)
    raise typer.Exit(2) from None


@app.command()
def serve(file: ConfigFile = None) -> None:
    """Run all parts in one process until told to stop."""
    from radquarry.standalone.parts import serve as serve_parts

    whole = configured(file)
    configure_logs()
    raise typer.Exit(asyncio.run(until_told(serve_parts(whole, settings.found(file)))))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the pages are.")] = 8000,
    studies: Annotated[int, typer.Option(help="How many studies the simulated hospital holds.")] = 4000,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path("radquarry-data/demo"),
) -> None:
    """A simulated hospital and radquarry in one process, with a crawl under way."""
    from radquarry.standalone.demo import run_demo

    configure_logs()
    raise typer.Exit(asyncio.run(until_told(run_demo(port=port, studies=studies, data_dir=data_dir))))


@app.command()
def search(
    query: Annotated[str, typer.Argument(help='Words, "phrases", AND OR NOT, field:value.')],
    file: ConfigFile = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002 - typer's switches are so
) -> None:
    """Search the index; works beside a running server."""
    from radquarry.standalone.searching import found_page

    whole = configured(file)
    try:
        page = asyncio.run(found_page(index_address(whole.data_dir, whole.index_url), query, limit))
    except (Permanent, Transient) as error:
        complaints.print(Text(str(error), style="red"), soft_wrap=True)
        raise typer.Exit(1) from None
    if as_json:
        for hit in page.hits:
            print(hit.model_dump_json())  # noqa: T201 - the command's result
        return
    table = Table("date", "modality", "study", "why", box=None, pad_edge=False)
    for hit in page.hits:
        study = hit.document.study
        why = Text()
        for piece in hit.highlights[0] if hit.highlights else ():
            why.append(_printable(piece.text), style="bold yellow" if piece.match else "")
        table.add_row(
            str(study.study_date or "") if study else "",
            "/".join(study.modalities_in_study) if study else "",
            Text(_printable(study.study_description if study else hit.document.study_instance_uid)),
            why,
        )
    screen.print(table)
    screen.print(f"{page.total} studies, {len(page.hits)} shown")


def _printable(text: str) -> str:
    """Report text without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


@app.command()
def echo(
    pacs: PacsNames = None,
    file: ConfigFile = None,
) -> None:
    """Ask each PACS whether it answers (C-ECHO); exit code 1 if one does not."""
    from radquarry.standalone.echoing import Echo, echo_all

    whole = configured(file)
    answers: list[Echo] = asyncio.run(echo_all(whole, _named(whole, pacs)))
    for answer in answers:
        mark = "[green]answers[/]" if answer.answered else "[red]does not answer[/]"
        screen.print(f"{answer.pacs}: {mark}", Text(answer.words), soft_wrap=True)
    if not all(answer.answered for answer in answers):
        raise typer.Exit(1)


def _named(whole: Whole, pacs: list[str] | None) -> list[str]:
    """The PACS that are meant; exit code 2 when one of them is not configured."""
    unknown = sorted(set(pacs or ()) - set(whole.pacs))
    if unknown or not whole.pacs:
        known = ", ".join(sorted(whole.pacs)) or "none is configured"
        complaints.print(f"no PACS is named {', '.join(unknown) or 'at all'}; known: {known}", soft_wrap=True)
        raise typer.Exit(2)
    return list(dict.fromkeys(pacs or sorted(whole.pacs)))


@app.command()
def probe(
    pacs: PacsNames = None,
    file: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002 - see search
) -> None:
    """Find out what each PACS can do, by some sixty small questions; exit code 1 if one could not be told.

    Within the limits of its load, and kept in the state store: a server crawls by it.
    """
    from radquarry.standalone.oneshot.probing import start_probe

    whole = configured(file)
    start_probe(settings.found(file), _named(whole, pacs), as_json=as_json)


app.command()(find)
app.command()(move)
app.command()(tags)
app.command()(deidentify)
app.command()(deliver)
app.command()(convert)


@config.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="radquarry.yaml, or a file of pacsanini or pacs n pull.")],
) -> None:
    """Say whether a configuration file is right, with file and line of each fault."""
    from radquarry.standalone.foreign.checking import checked_lines

    try:
        lines = checked_lines(file)
    except ConfigurationError as error:
        _refuse(error)
    if lines is not None:
        for line in lines:
            screen.print(Text(line), soft_wrap=True)
        return
    whole = configured(file)
    screen.print(f"{file}: right", f"({len(whole.pacs)} PACS, {len(whole.ris)} RIS)", soft_wrap=True)


@config.command("schema")
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    print(json.dumps(Whole.model_json_schema(), indent=2))  # noqa: T201 - the command's result


@app.command()
def password(name: Annotated[str, typer.Argument(help="The user's name.")]) -> None:
    """Make a line for the users file: asks for the password, or reads it from standard input."""
    from radquarry.api.passwords import hashed

    secret = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if ":" in name or not name.strip() or len(secret) < 8:
        complaints.print("a name has no colon, a password at least 8 characters")
        raise typer.Exit(2)
    print(f"{name}:{hashed(secret)}")  # noqa: T201 - the command's result
