"""From what was typed for `radquarry move`, and the files it names, to work under way."""

from typing import NoReturn

from radquarry.configuration.file import ConfigurationError
from radquarry.finder.queries import QueryRefused
from radquarry.standalone.move_command import MoveOptions
from radquarry.standalone.oneshot.foreign_moves import of_pacsanini, of_pacsnpull
from radquarry.standalone.oneshot.moving import Move, interrupted, run_move
from radquarry.standalone.oneshot.own_moves import of_configured
from radquarry.standalone.oneshot.starting import refuse, run_command, say

OURS = ("pacs", "first", "last", "modalities", "config", "studies")


def start_move(options: MoveOptions) -> NoReturn:
    """Exits with 0 complete, 1 incomplete or no PACS, 2 a wrong configuration, 130 or 143 by a signal."""
    try:
        move = _move(options)
    except ConfigurationError as error:
        refuse(error.complaints)
    except (ValueError, QueryRefused) as error:
        refuse([str(error)])
    say(f"understood: {note}" for note in move.notes)
    run_command(lambda screen: run_move(move, screen), lambda screen: interrupted(move, screen))


def _move(options: MoveOptions) -> Move:
    is_ours = bool(options.studies or options.first)
    if [options.file is not None, options.pacsnpull is not None, is_ours].count(True) != 1:
        words = "-f FILE, or --pacsnpull CONFIG QUERIES, or STUDY_UID… or --from DAY (with -c FILE and --pacs NAME)"
        raise ConfigurationError([f"say what to move, in one way: {words}"])
    if not is_ours and any(getattr(options, name) for name in OURS):
        raise ConfigurationError(
            ["STUDY_UID, --pacs, --from, --to, --modality and -c belong together; the file says it all"]
        )
    if options.file is not None:
        return of_pacsanini(options.file, options)
    if options.pacsnpull is not None:
        return of_pacsnpull(*options.pacsnpull, options)
    return of_configured(options)
