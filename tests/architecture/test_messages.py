"""What the services hear and say: one answerer for a command, no event into the void, no patient in an error."""

import ast
import asyncio
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from radquarry import messages
from radquarry.configuration.sections import Whole
from radquarry.messages import Command, Event, Message
from radquarry.messages.listeners import LISTENERS
from radquarry.service import Service
from radquarry.standalone.parts import opened
from radquarry.standalone.settings import load
from tests.architecture.sources import ROOT, Source, services_in_parts, sources

TYPES = {
    name: kind
    for name, kind in vars(messages).items()
    if isinstance(kind, type) and issubclass(kind, Message) and kind not in (Message, Command, Event)
}

CONFIGURATION = """
data_dir: {folder}
api: {{port: 0}}
node: {{host: 127.0.0.1, port: 0}}
pacs:
  main: {{ae_title: PACS, host: 127.0.0.1, port: 104}}
"""


@cache
def services() -> tuple[Service, ...]:
    """Every service as it is wired for one process; closed again, only the values are looked at."""

    async def wired(folder: Path) -> tuple[Service, ...]:
        file = folder / "radquarry.yaml"
        file.write_text(CONFIGURATION.format(folder=folder / "data"))
        async with opened(load(file), file) as (_, all_services):
            return all_services

    with TemporaryDirectory() as name:
        return asyncio.run(wired(Path(name)))


def test_who_hears_what_is_as_the_table_says() -> None:
    heard: dict[type[Message], set[str]] = {kind: set() for kind in TYPES.values()}
    for service in services():
        for kind in service.handlers:
            heard[kind].add(service.name)

    assert heard == {kind: set(names) for kind, names in LISTENERS.items()}


def test_every_service_is_called_as_its_folder() -> None:
    assert sorted(service.name for service in services()) == sorted(services_in_parts())


def test_a_command_has_exactly_one_answerer() -> None:
    assert {kind: names for kind, names in LISTENERS.items() if issubclass(kind, Command) and len(names) != 1} == {}


def test_nothing_is_said_that_nobody_hears() -> None:
    assert set(LISTENERS) == set(TYPES.values())
    assert all(LISTENERS.values())


def test_a_message_is_a_command_or_an_event_with_a_topic_of_its_own() -> None:
    assert all(issubclass(kind, Command) != issubclass(kind, Event) for kind in TYPES.values())
    topics = [kind.topic for kind in TYPES.values()]
    assert len(set(topics)) == len(topics)
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+", topic) for topic in topics)


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_a_message_is_frozen_and_hides_what_it_choked_on(kind: type[Message]) -> None:
    assert kind.model_config.get("frozen")
    assert kind.model_config.get("hide_input_in_errors")
    assert {"id", "cause", "trail", "sent_at"} <= set(kind.model_fields)


def said_by(source: Source) -> set[str]:
    """Topics of the messages that a file makes: `X(…)`, `X.after(…)`, or `order(X, …)` for something that makes it."""
    names: set[str] = set()
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        maker = call.func
        if isinstance(maker, ast.Attribute) and maker.attr == "after":
            maker = maker.value
        if isinstance(maker, ast.Name):
            names.add(maker.id)
        if not (isinstance(maker, ast.Name) and maker.id == "isinstance"):
            names |= {given.id for given in call.args if isinstance(given, ast.Name)}
    return {TYPES[name].topic for name in names & set(TYPES)}


def section(readme: str, title: str) -> set[str]:
    """The first word in code marks of each list line under a heading."""
    body = re.split(r"^## ", readme, flags=re.MULTILINE)
    lines = next(part for part in body if part.lower().startswith(title)).splitlines()
    return {found[1] for line in lines if (found := re.match(r"[-*] `([^`]+)`", line))}


@pytest.mark.parametrize("part", services_in_parts())
def test_a_readme_says_what_its_service_hears_and_says(part: str) -> None:
    readme = (ROOT / "services" / part / "README.md").read_text("utf-8")
    service = next(service for service in services() if service.name == part)
    said = set().union(*(said_by(source) for source in sources() if source.part == part))

    assert section(readme, "hears") == {kind.topic for kind in service.handlers}
    assert section(readme, "says") == said
    assert section(readme, "settings") == keys_of(part)


def keys_of(part: str) -> set[str]:
    module = __import__(f"radquarry.{part.replace('-', '_')}.settings", fromlist=["Settings"])
    keys = set(module.Settings.model_fields)
    assert keys <= set(Whole.model_fields)
    return keys


def test_a_table_belongs_to_the_service_in_its_name() -> None:
    """The commands have none of their own, but read and write the tables of other programs."""
    for source in (each for each in sources() if "sqlalchemy" in each.text and each.part != "standalone"):
        owner = "load" if "/dicom/load_" in source.name else source.part.replace("-", "_")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Table" and node.args:
                name = ast.literal_eval(node.args[0])
                assert name.startswith(f"{owner}_"), f"{source.name}: table {name}"
