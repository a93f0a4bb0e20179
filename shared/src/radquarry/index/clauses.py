"""A query as a tree of clauses, which every adapter compiles into its store's own terms.

Words are folded (folding.py). The field "" stands for all that is searched without naming one (fields.py).
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Everything:
    """Every study."""


@dataclass(frozen=True)
class Words:
    """These words in this order, at most `slop` places apart; one word stands for itself and its other endings."""

    field: str
    words: tuple[str, ...]
    slop: int = 0


@dataclass(frozen=True)
class Pattern:
    """A word (of a code: the whole value) with `*` for any characters and `?` for one; not at its beginning."""

    field: str
    pattern: str


@dataclass(frozen=True)
class Similar:
    """A word that differs by at most `distance` letters."""

    field: str
    word: str
    distance: int


@dataclass(frozen=True)
class Code:
    """The whole value of a field, in any case."""

    field: str
    value: str


@dataclass(frozen=True)
class Days:
    """A day from `begin` to `end`, both included; None is open."""

    field: str
    begin: date | None
    end: date | None


@dataclass(frozen=True)
class Present:
    """The field has any value."""

    field: str


@dataclass(frozen=True)
class AllOf:
    """Every clause holds."""

    clauses: "tuple[Clause, ...]"


@dataclass(frozen=True)
class AnyOf:
    """At least one clause holds."""

    clauses: "tuple[Clause, ...]"


@dataclass(frozen=True)
class Without:
    """The clause does not hold."""

    clause: "Clause"


Leaf = Everything | Words | Pattern | Similar | Code | Days | Present
Clause = Leaf | AllOf | AnyOf | Without


def wanted(clause: "Clause") -> "tuple[Leaf, ...]":
    """The leaves that make a study a hit: those that are not denied."""
    match clause:
        case AllOf(clauses) | AnyOf(clauses):
            return tuple(leaf for part in clauses for leaf in wanted(part))
        case Without():
            return ()
        case leaf:
            return (leaf,)
