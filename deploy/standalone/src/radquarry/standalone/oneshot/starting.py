"""From what was typed, and the files it names, to work under way: faults of both are said before a PACS is asked."""

from collections.abc import Callable, Coroutine, Iterable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from radquarry.configuration.file import ConfigurationError
from radquarry.finder.queries import QueryRefused
from radquarry.process import configure_logs
from radquarry.standalone import settings
from radquarry.standalone.find_command import Options
from radquarry.standalone.foreign.clock import day_of
from radquarry.standalone.foreign.pacsanini import Pacsanini, shown_address, understood_pacsanini
from radquarry.standalone.foreign.recognising import kind_of
from radquarry.standalone.foreign.tag_paths import checked_keyword
from radquarry.standalone.foreign.written import read
from radquarry.standalone.oneshot.days import Wanted
from radquarry.standalone.oneshot.ending import run_to_end
from radquarry.standalone.oneshot.fields import LISTED, unlisted
from radquarry.standalone.oneshot.finding import Find, interrupted, run_find
from radquarry.standalone.oneshot.peers import Called, of_address, of_configuration
from radquarry.standalone.oneshot.querying import Questions, questions_of, run_queries, told

ERRORS_ONLY = 40
"""Level of our own logs: the screen belongs to the command."""
BY_DAYS = ("pacs", "first", "last", "modalities", "fields", "config")


def start_find(options: Options) -> NoReturn:
    """Exits with 0 complete, 1 incomplete or no PACS, 2 a wrong configuration, 130 or 143 by a signal."""
    try:
        _check_together(options)
        work = _questions(*options.pacsnpull, options) if options.pacsnpull else _find(options)
    except ConfigurationError as error:
        refuse(error.complaints)
    except (ValueError, QueryRefused) as error:
        refuse([str(error)])
    if isinstance(work, Questions):
        run_command(lambda screen: run_queries(work, screen), lambda screen: told(work, screen))
    run_command(lambda screen: run_find(work, screen), lambda screen: interrupted(work, screen))


def run_command(work: Callable[[Console], Coroutine[Any, Any, int]], last_word: Callable[[Console], None]) -> NoReturn:
    """Run a command's work and exit; `last_word` is said when a signal ended it."""
    configure_logs(ERRORS_ONLY)
    screen = Console(stderr=True, highlight=False)
    code = run_to_end(work(screen), lambda words: _print(screen, [words], style="red"))
    if code > 128:
        last_word(screen)
    raise typer.Exit(code)


def refuse(complaints: Iterable[str]) -> NoReturn:
    """Say what to mend, and exit with 2."""
    say(complaints, style="red")
    raise typer.Exit(2)


def _check_together(options: Options) -> None:
    ways = [way for way in (options.file, options.pacsnpull, options.first) if way is not None]
    if len(ways) != 1:
        words = "-f FILE, or --pacsnpull CONFIG QUERIES, or --from DAY (with -c FILE and --pacs NAME)"
        raise ConfigurationError([f"say what to find, in one way: {words}"])
    if options.first is None and any(getattr(options, name) for name in BY_DAYS):
        raise ConfigurationError(
            ["--pacs, --from, --to, --modality, --field and -c belong together; the file says it all"]
        )


def _questions(config: Path, queries: Path, options: Options) -> Questions:
    questions = questions_of(config, queries, options.output, options.called, options.pause)
    say(f"understood: {note}" for note in questions.notes)
    return questions


def _find(options: Options) -> Find:
    find = _of_pacsanini(options.file, options) if options.file else _of_days(options)
    unlisted(find.wanted.fields)
    return find


def _of_pacsanini(file: Path, options: Options) -> Find:
    written = read(file)
    if (kind := kind_of(written)) != "pacsanini":
        hints = {"radquarry": "; use it with -c", "pacs n pull": "; use it with --pacsnpull"}
        raise ConfigurationError([f"{file}: is of {kind}, not of pacsanini{hints.get(kind, '')}"])
    understood, mended = understood_pacsanini(written)
    say(f"understood: {line}" for line in mended)
    return _find_of(understood, file, options)


def _find_of(understood: Pacsanini, file: Path, options: Options) -> Find:
    net, what, storage = understood.net, understood.find, understood.storage
    if net is None or what is None or storage is None:
        raise ConfigurationError([f"{file}: a find needs the sections net, find and storage"])
    if "://" in storage.resources and options.output is None:
        place = shown_address(storage.resources)
        raise ConfigurationError([f"{file}: storage.resources: {place} is a database; name a CSV with -o"])
    node = net.called_node
    called = Called(node.aetitle, node.ip or "", node.port or 0, net.local_node.aetitle, options.associations)
    modalities = (what.modality,) if what.modality else ()
    wanted = Wanted(what.start_date, what.last, what.fields, modalities, what.query_level)
    return Find(of_address(called), wanted, options.output or Path(storage.resources))


def _of_days(options: Options) -> Find:
    if options.output is None:
        raise ConfigurationError(["name the CSV to write: -o FILE"])
    first, last = day_option("--from", options.first or ""), day_option("--to", options.last or options.first or "")
    if last < first:
        raise ConfigurationError([f"--to {last} lies before --from {first}"])
    fields = tuple(checked_keyword(keyword) for keyword in dict.fromkeys(options.fields)) or tuple(LISTED)
    modalities = tuple(dict.fromkeys(kind.upper() for kind in options.modalities))
    asked = of_configuration(settings.found(options.config), options.pacs)
    return Find(asked, Wanted(first, last, fields, modalities), options.output)


def day_option(option: str, text: str) -> date:
    """The day that an option names. Raises `ConfigurationError`."""
    try:
        return day_of(text)[0]
    except ValueError as fault:
        raise ConfigurationError([f"{option} {fault}"]) from None


def say(lines: Iterable[str], style: str = "") -> None:
    """Lines on standard error."""
    _print(Console(stderr=True, highlight=False), lines, style)


def _print(screen: Console, lines: Iterable[str], style: str = "") -> None:
    for line in lines:
        screen.print(Text(line, style=style), soft_wrap=True)
