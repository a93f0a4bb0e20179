"""A move as a file of another tool describes it."""

from pathlib import Path

from rich.console import Console

from radquarry.configuration.file import ConfigurationError
from radquarry.configuration.sections import Load, Node, Pacs
from radquarry.standalone import settings
from radquarry.standalone.foreign.pacsanini import Move as Times
from radquarry.standalone.foreign.pacsanini import Net, Pacsanini, shown_address, understood_pacsanini
from radquarry.standalone.foreign.pacsnpull import ANY_PACS, read_pacsnpull, read_queries
from radquarry.standalone.foreign.recognising import kind_of
from radquarry.standalone.foreign.written import read
from radquarry.standalone.move_command import MoveOptions
from radquarry.standalone.oneshot.layouts import layout_of
from radquarry.standalone.oneshot.moved_queries import MovedQueries
from radquarry.standalone.oneshot.moving import After, Ends, Move
from radquarry.standalone.oneshot.peers import Asked, Called, of_address
from radquarry.standalone.oneshot.receiving import Site
from radquarry.standalone.oneshot.resources import Database, source_of
from radquarry.standalone.oneshot.tag_files import checked_name
from radquarry.standalone.oneshot.tagging import Tagging

KINDS = {"radquarry": "; use it with -c", "pacs n pull": "; use it with --pacsnpull"}


def of_pacsanini(file: Path, options: MoveOptions) -> Move:
    """Raises `ConfigurationError`."""
    written = read(file)
    if (kind := kind_of(written)) != "pacsanini":
        raise ConfigurationError([f"{file}: is of {kind}, not of pacsanini{KINDS.get(kind, '')}"])
    understood, notes = understood_pacsanini(written)
    net, storage = understood.net, understood.storage
    if net is None or storage is None or understood.move is None:
        raise ConfigurationError([f"{file}: a move needs the sections net, move and storage"])
    node = _node(net, file)
    called = net.called_node
    if node.ae_title != net.local_node.aetitle:
        notes.append(f"images go to {node.ae_title}, so the PACS is called as {node.ae_title}, too")
    asked = of_address(Called(called.aetitle, called.ip or "", called.port or 0, node.ae_title, options.associations))
    layout = layout_of(options.output or Path(storage.directory or "."), options.sort_by or storage.sort_by)
    source = source_of(storage.resources, understood.move.query_level)
    site = _site(asked, node, options, understood.move)
    after = list(_tables(understood, layout.directory, file))
    if isinstance(source, Database):
        after.append(_marked(source))
    return Move(asked, site, source, layout, after, notes=notes)


def of_pacsnpull(config: Path, queries: Path, options: MoveOptions) -> Move:
    """Raises `ConfigurationError`."""
    understood, notes = read_pacsnpull(config)
    found, notes_too = read_queries(queries)
    if understood.client_port is None:
        raise ConfigurationError([f"{config}: a move needs client_port: that is where images arrive"])
    title = options.called or understood.called
    node = Node(ae_title=understood.client_name, port=understood.client_port)
    asked = of_address(Called(title, understood.host_ip, understood.host_port, node.ae_title, options.associations))
    usual = understood.dcm_storage_path or understood.dcm_path
    folder = options.output or (Path(usual) if usual else queries.with_name(f"{queries.stem}-images"))
    layout = layout_of(folder, options.sort_by or "STUDY")
    status = folder.absolute().with_name(f"{folder.absolute().name}.status.csv")
    source = MovedQueries(found, status, understood.query_break_count, options.pause)
    site = _site(asked, node, options, has_title=title != ANY_PACS)
    return Move(asked, site, source, layout, [source.write_status], notes=[*notes, *notes_too])


def _node(net: Net, file: Path) -> Node:
    """Where images arrive."""
    ours = net.destination
    port = ours.port or net.local_node.port
    if port is None:
        raise ConfigurationError([f"{file}: net: local_node (or dest_node) needs a port: that is where images arrive"])
    return Node(ae_title=ours.aetitle, port=port)


def _site(
    asked: Asked, node: Node, options: MoveOptions, times: Times | None = None, *, has_title: bool = True
) -> Site:
    pacs = asked.settings.pacs[asked.name]
    return Site(
        name=asked.name,
        pacs=_in_window(pacs, times, options.associations),
        node=node,
        timezone=settings.local_timezone(),
        wait_seconds=options.wait * 60,
        has_title=has_title,
    )


def _in_window(pacs: Pacs, times: Times | None, associations: int) -> Pacs:
    window = times.window if times is not None else None
    lines = [f"mon-sun {window[0]:%H:%M}-{window[1]:%H:%M}"] if window else []
    load = Load.model_validate({"associations": associations, "windows": lines})
    return pacs.model_copy(update={"load": load})


def _tables(understood: Pacsanini, directory: Path, file: Path) -> list[After]:
    storage = understood.storage
    if not understood.tags or storage is None:
        return []
    if storage.resources_meta is None or "://" in storage.resources_meta:
        shown = shown_address(storage.resources_meta or "")
        raise ConfigurationError([f"{file}: storage.resources_meta: {shown or 'is empty'}: name a CSV for the tags"])
    tagging = Tagging(directory, understood.tags, checked_name(Path(storage.resources_meta)))

    async def write(ends: Ends, screen: Console) -> int:
        del ends
        return await tagging.write(screen)

    return [write]


def _marked(source: Database) -> After:
    async def mark(ends: Ends, screen: Console) -> int:
        del screen
        await source.mark([study for study, end in ends.items() if end.state == "complete"])
        return 0

    return mark
