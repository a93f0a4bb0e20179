"""What holds for all tests."""

import pytest
from hypothesis import settings

settings.register_profile("radquarry", deadline=None)  # a busy machine proves nothing: no test is timed
settings.load_profile("radquarry")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests go first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
