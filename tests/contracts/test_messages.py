"""What is said on the bus stays readable, and its description current."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from radquarry.messages import Command, Message
from radquarry.messages.asyncapi import asyncapi, kinds, text
from radquarry.messages.listeners import LISTENERS

SAMPLES = sorted(Path(__file__).with_name("samples").glob("*.json"))
DOCUMENT = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


def topic_of(sample: Path) -> str:
    """A sample is named for its topic; when a message changes, another is added as `<topic>-2.json`."""
    return sample.stem.partition("-")[0]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_yesterdays_messages_still_say_all_they_said(sample: Path) -> None:
    said = json.loads(sample.read_text())
    kind = {kind.topic: kind for kind in kinds()}[topic_of(sample)]

    understood = kind.model_validate_json(sample.read_text()).model_dump(mode="json")

    assert within(said, understood)


def within(said: Any, understood: Any) -> bool:
    """Whether everything said was understood; something may have been added since."""
    if isinstance(said, dict):
        return all(name in understood and within(value, understood[name]) for name, value in said.items())
    if isinstance(said, list):
        return len(said) == len(understood) and all(map(within, said, understood))
    return bool(said == understood)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.topic)
def test_there_is_a_sample_of_every_message(kind: type[Message]) -> None:
    assert kind.topic in map(topic_of, SAMPLES)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.topic)
def test_tomorrows_fields_do_not_stop_todays_services(kind: type[Message]) -> None:
    sample = next(sample for sample in SAMPLES if topic_of(sample) == kind.topic)
    tomorrow = json.loads(sample.read_text()) | {"a_field_of_tomorrow": 1}

    assert not hasattr(kind.model_validate(tomorrow), "a_field_of_tomorrow")


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.topic)
def test_an_error_about_a_message_does_not_quote_it(kind: type[Message]) -> None:
    with pytest.raises(ValueError, match="sent_at") as unread:
        kind.model_validate({"sent_at": "MUSTERMANN^ERIKA"})

    assert "MUSTERMANN" not in str(unread.value)


def test_no_two_messages_share_a_topic() -> None:
    topics = [kind.topic for kind in kinds()]

    assert len(set(topics)) == len(topics)


def test_every_command_has_one_answerer_and_every_message_a_listener() -> None:
    assert {kind for kind, services in LISTENERS.items() if issubclass(kind, Command) and len(services) != 1} == set()
    assert {kind for kind in kinds() if not LISTENERS.get(kind)} == set()


def test_a_services_name_ends_where_its_topic_begins() -> None:
    """Queues are named `<service>.<topic>`, and read back at the first dot."""
    assert [service for services in LISTENERS.values() for service in services if "." in service] == []


def test_the_asyncapi_document_is_current() -> None:
    assert DOCUMENT.read_text() == text(), "python -m radquarry.messages.asyncapi > docs/asyncapi.yaml"


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi()

    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def references(part: Any) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for value in part.values():
                yield from references(value)
        case list():
            for value in part:
                yield from references(value)
