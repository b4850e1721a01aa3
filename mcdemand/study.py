"""What a sensitivity analysis is about: a run's outputs and years, and the factors that they may depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcdemand.dependence import Group
from mcdemand.engine import Progress
from mcdemand.errors import InputError
from mcdemand.factors import Grouping, group_factors
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.run import Run

type Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Study:
    """Outputs, years and factors; a row is an output in a year.

    Attributes
    ----------
    factors
        Parameters that some output needs, by factor.
    unused
        Uncertain parameters that no output needs.
    grouping
        How parameters were grouped; None: not at all.
    """

    run: Run
    factors: Mapping[str, tuple[str, ...]]
    unused: tuple[str, ...]
    grouping: Grouping = None
    as_if_independent: bool = False
    threads: int | None = None
    progress: Progress | None = None

    @classmethod
    def of(cls, run: Run, grouping: Grouping, **options: Any) -> Study:
        """Return the study of a run's outputs.

        Raises
        ------
        InputError
            If no output depends on an uncertain parameter, or the grouping is not sound.
        """
        uncertain = [name for name in sorted(run.priors.parameters) if not _is_constant(run, name)]
        used = [name for name in uncertain if name in run.plan.parameters]
        if not used:
            raise InputError("outputs: none of them depends on an uncertain parameter, so nothing can matter")
        selector = [PRIOR_SET] if isinstance(run.priors, PriorPool) else []
        factors = group_factors(grouping, [*used, *selector], run.model, correlated_groups(run))
        unused = tuple(name for name in uncertain if name not in used)
        return cls(run, factors, unused, grouping, **options)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(self.factors)

    @property
    def columns(self) -> int:
        """Years; 1 where there is no time."""
        return max(1, len(self.run.years))

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.run.plan.outputs

    @property
    def rows(self) -> int:
        """Outputs times years."""
        return len(self.outputs) * self.columns

    @property
    def is_correlated(self) -> bool:
        """Whether a factor depends on another one."""
        return self._tied_pair is not None or isinstance(self.run.priors, PriorPool)

    @cached_property
    def _tied_pair(self) -> tuple[str, str] | None:
        for _, tied in self._tied_groups():
            return tied[0], tied[1]
        return None

    def _tied_groups(self) -> Iterator[tuple[Group, list[str]]]:
        """Yield the groups that tie several factors together, with these."""
        owner = {name: factor for factor, members in self.factors.items() for name in members}
        for group in correlated_groups(self.run):
            tied = sorted({owner[name] for name in group.names if name in owner})
            if len(tied) > 1:
                yield group, tied

    def check_independent(self, method: str) -> None:
        """Refuse correlations between factors.

        Raises
        ------
        InputError
            If there are any.
        """
        self.check_conditional(method)
        if self._tied_pair:
            raise InputError(
                f"method: {method}: {' and '.join(self._tied_pair)} are correlated, and it needs independent priors; "
                "use shapley or full_independent, make what is correlated one factor (groups = 'correlated'), or leave "
                "the correlations out with --as-if-independent (in Python, as_if_independent=True)"
            )

    def check_conditional(self, method: str) -> None:
        """Refuse groups of which some members would have to be drawn given others, where their copula forbids it.

        Raises
        ------
        InputError
            If there are any.
        """
        for group, tied in self._tied_groups():
            if not group.copula.is_conditional:
                raise InputError(
                    f"method: {method}: would draw {tied[0]} without {tied[1]}, and both are in the {group.label}, "
                    "whose members can only be drawn together; use a method that takes draws as they are, such as "
                    "rank, hsic or delta, make the group one factor (groups = 'correlated'), or leave the dependence "
                    "out with --as-if-independent (in Python, as_if_independent=True)"
                )

    @cached_property
    def reach(self) -> Flags:
        """Whether (factor, row) an output depends on a factor: not through what is correlated with it.

        So an index does not change with the other outputs that are asked for.
        """
        found = np.zeros((len(self.factors), len(self.outputs)), dtype=bool)
        members = [frozenset(names) for names in self.factors.values()]
        for k, output in enumerate(self.outputs):
            needed = frozenset(self.run.model.plan((output,)).parameters)
            found[:, k] = [bool(needed & names) or PRIOR_SET in names for names in members]
        return np.repeat(found, self.columns, axis=1)


def correlated_groups(run: Run) -> Sequence[Group]:
    """Return the groups of correlated parameters; a pool has none of its own."""
    return () if isinstance(run.priors, PriorPool) else run.priors.groups


def _is_constant(run: Run, name: str) -> bool:
    first, *others = run.priors.laws(name).values()
    return first.is_constant and all(other.drawn_law == first.drawn_law for other in others)
