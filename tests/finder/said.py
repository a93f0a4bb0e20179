"""A bus that keeps what the finder says."""

from radquarry.errors import PeerAway
from radquarry.messages import Message


class Said:
    """A bus that may go away: fails the publication number `fails_at`, and all after it until it is mended."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fails_at = 0
        self._calls = 0

    async def __call__(self, *messages: Message) -> None:
        self._calls += 1
        if self.fails_at and self._calls >= self.fails_at:
            raise PeerAway("the bus is away")
        self.messages += messages

    def all(self, kind: type[Message]) -> list:
        """What was said of this kind."""
        return [message for message in self.messages if isinstance(message, kind)]
