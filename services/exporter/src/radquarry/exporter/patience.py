"""How long the exporter waits for what; tests are less patient."""

from dataclasses import dataclass

HOUR = 3600.0


@dataclass(frozen=True)
class Patience:
    """All times in seconds. Growing waits repeat their last step."""

    lease: float = 30
    """A dead exporter's study is free after this."""
    idle: float = 1
    """How often an exporter with nothing to do looks for work."""
    look: float = 30
    """How often all that is not settled is looked at, whether something was heard of it or not."""
    say: float = 1
    """The least time between two progress messages of a study or a job."""
    again: tuple[float, ...] = (5, 30, 120, 300, 900, 1800, *(HOUR,) * 22)
    """Before what did not arrive is tried again: about a day; then it is given up."""
    late: float = 60
    """After a retrieval's end, how long what was said of its studies before may still be on its way."""
    unheard: float = 48 * HOUR
    """How long nothing may be heard of a delivery's retrieval, though the mover was asked: then it is refused."""
    grows: float = 30 * 24 * HOUR
    """How long after its order a delivery is taken up again when one of its studies grew."""
    commitment: float = 300
    """How long a node may take to answer for what it took, until it is asked again."""
    files: float = 24 * HOUR
    """How long what was made of uploaded files may be fetched: it is identified, and nobody else takes it away."""

    def wait(self, attempts: int) -> float:
        """After that many fruitless attempts, from 1."""
        return self.again[min(attempts, len(self.again)) - 1]

    @property
    def attempts(self) -> int:
        """Fruitless ones in a row until it is given up."""
        return len(self.again) + 1
