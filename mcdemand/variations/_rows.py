"""The rows of one parameter, year by year, as a variation fills them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mcdemand.kernels import rows as operations
from mcdemand.variations._keys import ReadLaw


class Builder(Protocol):
    """What collects rows, sources and operations."""

    def rows(self, count: int) -> int:
        """Return the first of some new rows."""

    def draw(self, row: int, name: str, step: int) -> None:
        """Fill a row with the uniforms of a name in a step."""

    def do(self, operation: Any, rows: Sequence[int], numbers: Iterable[float] = ()) -> None:
        """Add an operation on some rows, the first one its target."""


@dataclass(frozen=True)
class YearRows:
    """The rows of a parameter: to begin with, each year's holds that year's normal score.

    Attributes
    ----------
    name
        The parameter, with the ending of its copy: other draws are keyed "<name>:<role>".
    years
        The rows, in the order of the years.
    first_year
        The year of the first row.
    put_law
        `put_law(law, row)` turns normal scores into values of a law; None: the row's own.
    read_law
        Reads a law that a table states.
    auxiliary_score
        `auxiliary_score(role, step)` -> the score of other draws, where the parameter is held at a level; None where
        they are drawn.
    """

    builder: Builder
    name: str
    years: range
    first_year: int
    put_law: Callable[[Any, int], None]
    read_law: ReadLaw
    auxiliary_score: Callable[[str, int], float] | None = None

    def do(self, operation: operations.RowOperation, rows: Sequence[int], numbers: Iterable[float] = ()) -> None:
        """Add an operation on some rows, the first one its target."""
        self.builder.do(operation, rows, numbers)

    def put_own_law(self, row: int) -> None:
        """Turn normal scores into values of the row's own law."""
        self.put_law(None, row)

    def fill(self, value: float) -> int:
        """Return a new row of one number."""
        row = self.builder.rows(1)
        self.do(operations.fill, [row], [value])
        return row

    def copy(self, source: int) -> int:
        """Return a new row with what another one holds now."""
        row = self.fill(0.0)
        self.do(operations.combine, [row, source], [0.0, 1.0])
        return row

    def assign(self, row: int, terms: Sequence[tuple[float, int]]) -> None:
        """Set a row, which holds finite numbers, to a sum of multiples of others."""
        self.do(operations.combine, [row, *(one for _, one in terms)], [0.0, *(weight for weight, _ in terms)])

    def draw(self, role: str, step: int = 0) -> int:
        """Return a new row of normal scores of another draw."""
        if self.auxiliary_score is not None:
            return self.fill(self.auxiliary_score(role, step))
        row = self.builder.rows(1)
        self.builder.draw(row, f"{self.name}:{role}", step)
        self.do(operations.to_normal, [row])
        return row

    def draw_law(self, law: Any, role: str, step: int = 0) -> int:
        """Return a new row of values of a law, drawn by themselves."""
        row = self.draw(role, step)
        self.put_law(law, row)
        return row

    def classify(self, row: int, weights: Sequence[float]) -> None:
        """Turn normal scores into the numbers of classes of these probabilities, the lowest scores into class 0."""
        names = [str(k) for k in range(len(weights))]
        content = {"distribution": "categorical", "categories": names, "weights": list(weights)}
        self.put_law(self.read_law("class", content), row)
