"""Deterministic chance: the same keys always fall the same way, on every machine and in any order."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


def number(*keys: object) -> int:
    """A 64-bit number that depends on nothing but `keys`."""
    text = "\x1f".join(map(str, keys))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def share(*keys: object) -> float:
    """A number in [0, 1) that depends on nothing but `keys`."""
    return number(*keys) / (1 << 64)


class Dice:
    """A stream of throws (splitmix64) seeded by keys."""

    __slots__ = ("_state",)

    def __init__(self, *keys: object) -> None:
        self._state = number(*keys)

    def throw(self) -> int:
        """The next 64-bit number."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        return self.throw() % limit

    def between(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + self.throw() % (high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.throw() < probability * (1 << 64)

    def pick(self, choices: Sequence[T]) -> T:
        """One of `choices`, all equally likely."""
        return choices[self.throw() % len(choices)]

    def weighted(self, choices: Sequence[T], weights: Sequence[int]) -> T:
        """One of `choices`, likely as its whole-numbered weight says."""
        left = self.throw() % sum(weights)
        for choice, weight in zip(choices, weights, strict=True):
            left -= weight
            if left < 0:
                return choice
        raise AssertionError("weights are positive, so one choice is always hit")
