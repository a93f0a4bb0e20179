"""What holds for all tests."""

from hypothesis import settings

settings.register_profile("radquarry", deadline=None)  # a busy machine proves nothing: no test is timed
settings.load_profile("radquarry")
