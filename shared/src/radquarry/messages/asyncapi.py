"""The conversation in AsyncAPI 3: `python -m radquarry.messages.asyncapi > docs/asyncapi.yaml`."""

import sys
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from radquarry import messages
from radquarry.messages.kinds import Command, Message
from radquarry.messages.listeners import LISTENERS

DESCRIPTION = """\
What radquarry's services say to each other, over RabbitMQ or an embedded bus. Made from the code.

A command has one answerer, an event any number of listeners. Delivery is at least once, in any order. On RabbitMQ a
channel's address is the routing key on the topic exchange `radquarry`, and an operation's name, after `radquarry.`, is
the queue it receives from.
"""


def kinds() -> list[type[Message]]:
    """Every type of message, in the order of their topics."""
    exported = (getattr(messages, name) for name in messages.__all__)
    return sorted((kind for kind in exported if hasattr(kind, "topic")), key=lambda kind: kind.topic)


def asyncapi() -> dict[str, Any]:
    """The document."""
    _, definitions = models_json_schema(
        [(kind, "validation") for kind in kinds()], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "radquarry", "version": "1", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {kind.topic: _channel(kind) for kind in kinds()},
        "operations": {
            f"{service}.{kind.topic}": _operation(kind) for kind in kinds() for service in LISTENERS.get(kind, ())
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in kinds()},
            "schemas": definitions["$defs"],
        },
    }


def _channel(kind: type[Message]) -> Mapping[str, Any]:
    return {
        "address": kind.topic,
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}},
    }


def _operation(kind: type[Message]) -> Mapping[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{kind.topic}"}}


def _message(kind: type[Message]) -> Mapping[str, Any]:
    return {
        "name": kind.topic,
        "title": kind.__name__,
        "summary": cleandoc(kind.__doc__ or "").partition("\n")[0],
        "tags": [{"name": "command" if issubclass(kind, Command) else "event"}],
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


class _Readable(yaml.SafeDumper):
    """Paragraphs as they are."""


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Readable.add_representer(str, _string)


def text() -> str:
    """The document as YAML."""
    return yaml.dump(asyncapi(), Dumper=_Readable, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    sys.stdout.write(text())
