"""How long the mover waits for what; tests are less patient."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """All times in seconds. Growing waits repeat their last step."""

    lease: float = 15
    """A dead mover's study is free after this."""
    idle: float = 1
    """How often a mover with nothing to do looks for work."""
    poll: float = 0.5
    """How often a running move is looked at."""
    say: float = 1
    """The least time between two progress messages of a study."""
    quiet: float = 5
    """After a move, how long no instance may come until the study counts as whole or not."""
    cancel: float = 3
    """How long the PACS may take to heed a C-CANCEL before it is aborted."""
    study: float = 2 * 3600
    """The longest a move may take in all."""
    again: tuple[float, ...] = (2, 15, 60, 300, 900, 3600)
    """Before what is missing is asked for again; as many attempts as steps, counted anew when something came."""
    away: tuple[float, ...] = (5, 15, 60, 300, 900, 1800, 3600)
    """Before a PACS that is away or short of resources is asked again."""
    nearline: tuple[float, ...] = (120, 300, 600, 1200, 1800, 3600)
    """Before images in long-term storage are asked for again."""
    delays: int = 30
    """How often in a row a study may be put off because of the PACS until it is given up."""
    look_again: float = 600
    """How old the list of a study's instances may be before the PACS is asked for it again."""
    leave: float = 60
    """How often it is looked what may leave the archive, unless a delivery has just ended."""
    remove: float = 600
    """After which storescp is told again what it was to remove."""
    grows: float = 30 * 86400
    """How long after its order a retrieval is taken up again when one of its studies grew."""

    def before_attempt(self, attempts: int) -> float:
        """The wait after that many fruitless moves, from 1."""
        return self.again[min(attempts, len(self.again)) - 1]

    @property
    def attempts(self) -> int:
        """Fruitless moves in a row until a study is given up."""
        return len(self.again) + 1


def step(waits: tuple[float, ...], number: int) -> float:
    """The `number`th of growing waits, from 1; the last one repeats."""
    return waits[min(number, len(waits)) - 1]
