"""What a copula is: the root of the family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Floats

type Numbers = Mapping[str, Any]
"""Numbers by their names; of the empirical copula, ranks too."""


class Rows(Protocol):
    """What a copula adds its rows and operations to: the builder of a row program."""

    def rows(self, count: int) -> int:
        """Return the first of some new rows."""
        ...

    def draw(self, row: int, name: str, step: int) -> None:
        """Fill a row with the uniforms of a name in a step."""
        ...

    def do(self, operation: Any, rows: Sequence[int], numbers: Iterable[float] = ()) -> None:
        """Add an operation on some rows, the first one its target."""
        ...


@dataclass(frozen=True)
class Copula:
    """A way to make independent normal scores depend on each other.

    Attributes
    ----------
    keys
        What a group of the family may be stated by.
    has_pairs
        Whether each pair may be stated by itself.
    ties
        Whether the members depend on each other at all.
    is_conditional
        Whether a score given others is normal, with the mean and variance of their latent correlations: what can be
        drawn, or weighted, given some members.
    """

    name: str
    keys: ClassVar[tuple[str, ...]] = ()
    has_pairs: ClassVar[bool] = False
    ties: ClassVar[bool] = True
    is_conditional: ClassVar[bool] = False

    def read(self, names: Sequence[str], stated: Numbers) -> dict[str, Any]:
        """Return the group's numbers, from those that are stated.

        Raises
        ------
        InputError
            If they break a rule; the message starts with the key.
        """
        raise NotImplementedError

    def latent(self, key: str, value: float, numbers: Numbers) -> float:
        """Return the latent correlation of a pair that is stated by `rank`, `kendall` or `latent`; 0 if it has none."""
        raise NotImplementedError

    def fill(self, builder: Rows, rows: Sequence[int], factor: Floats, numbers: Numbers, name: str, step: int) -> None:
        """Make rows of independent normal scores, in name order, depend on each other; each stays normal.

        Parameters
        ----------
        factor
            Lower triangular factor of the latent correlations.
        name
            What the names of auxiliary uniforms start with.
        """
        raise NotImplementedError

    def rank(self, latent: float, numbers: Numbers) -> float:
        """Return Spearman's rank correlation of a pair, given its latent correlation."""
        raise NotImplementedError

    def rank_of(self, first: int, second: int, latent: float, numbers: Numbers) -> float:
        """Return Spearman's rank correlation of a pair, given the places of both and their latent correlation."""
        return self.rank(latent, numbers)

    def tables(self, numbers: Numbers) -> list[Floats]:
        """Return the tables that it draws from, whose bits depend on the SciPy that made them."""
        return []


def one_of(stated: Numbers, keys: Iterable[str]) -> str | None:
    """Return the one key that is stated; None if none is.

    Raises
    ------
    InputError
        If several are.
    """
    given = [key for key in keys if key in stated]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)}: both are stated; keep one")
    return given[0] if given else None
