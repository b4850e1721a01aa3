"""What a prior set says of dependence, checked: correlations pair by pair, and groups under a copula."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

from mcdemand.copulas import copulas
from mcdemand.copulas._copula import Copula
from mcdemand.dependence import Correlation, Dependence
from mcdemand.document import Document
from mcdemand.errors import InputError
from mcdemand.prior import Prior
from mcdemand.registry import nearest
from mcdemand.schema import CorrelationRow, DependenceRow, PriorSetDocument

type Pair = frozenset[str]


@dataclass
class Ties:
    """What ties parameters together.

    Attributes
    ----------
    correlations, dependences
        Those between uncertain parameters.
    idle, idle_dependences
        Those that a constant made idle. They still tie the scores together, so that holding a parameter fixed does not
        move its partners' draws.
    notices, problems
        What the reader should know, and what is wrong, a line each.
    """

    correlations: dict[Pair, Correlation] = field(default_factory=dict)
    idle: dict[Pair, Correlation] = field(default_factory=dict)
    dependences: list[Dependence] = field(default_factory=list)
    idle_dependences: list[Dependence] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[Dependence]:
        """All groups that are stated as such."""
        return [*self.dependences, *self.idle_dependences]

    def resolved(self, parsed: PriorSetDocument) -> dict[str, list[dict[str, Any]]]:
        """Return the lists of a document without ancestors; what is without effect stands where such may stand."""
        pairs = {frozenset(row.between): row for row in (*parsed.inherited_correlations, *parsed.correlations)}
        found = {
            "correlations": [_plain(pairs[pair]) for pair in self.correlations],
            "inherited_correlations": [_plain(pairs[pair]) for pair in self.idle],
        }
        idle = {one.names for one in self.idle_dependences}
        for row in (*parsed.inherited_dependence, *parsed.dependence):
            # What independence takes away is not among the correlations any more.
            if not copulas()[row.family].ties:
                continue
            key = "inherited_dependence" if tuple(sorted(row.members)) in idle else "dependence"
            found.setdefault(key, []).append(_plain(row))
        return {key: rows for key, rows in found.items() if rows or key == "correlations"}


def read_ties(parsed: PriorSetDocument, parameters: Mapping[str, Prior], document: Document) -> Ties:
    """Return the correlations and groups of a prior set.

    Parameters
    ----------
    parameters
        Those whose rows are sound; a pair or a group that names another row of the set is left out without a word.
    """
    reader = _Reader(parsed, parameters, document, Ties())
    for inherited, rows in ((True, parsed.inherited_dependence), (False, parsed.dependence)):
        for row in rows:
            reader.read_group(row, inherited=inherited)
    for inherited, pairs in ((True, parsed.inherited_correlations), (False, parsed.correlations)):
        for pair in pairs:
            reader.read_pair(pair, inherited=inherited)
    return reader.ties


@dataclass
class _Reader:
    """Reads rows one by one.

    Attributes
    ----------
    independent
        Pairs that are stated to be independent, and whether that is inherited.
    """

    parsed: PriorSetDocument
    parameters: Mapping[str, Prior]
    document: Document
    ties: Ties
    independent: dict[Pair, bool] = field(default_factory=dict)

    def read_group(self, row: DependenceRow, *, inherited: bool) -> None:
        """Add a group, or the pairs of an independent one, or what is wrong with it."""
        names = tuple(sorted(row.members))
        if self._is_unsound(names):
            return
        where = f"{self.document.label}: dependence of {', '.join(names)}"
        try:
            copula = _copula(row)
            self._check_members(names, copula)
            group = _dependence(row, names, copula)
        except InputError as error:
            self.ties.problems.append(f"{where}: {error}")
            return
        constants = [name for name in names if self.parameters[name].is_constant]
        if not copula.ties:
            self.independent |= {frozenset(pair): inherited for pair in combinations(names, 2)}
        elif not constants:
            self.ties.dependences.append(group)
        elif inherited or self._are_overridden(constants):
            self.ties.idle_dependences.append(group)
            are = "is a constant" if len(constants) == 1 else "are constants"
            self.ties.notices.append(
                f"dependence of {', '.join(names)}: without effect on {', '.join(constants)}: {are}"
            )
        else:
            self.ties.problems.append(f"{where}: {constants[0]} is a constant; leave it out")

    def read_pair(self, row: CorrelationRow, *, inherited: bool) -> None:
        """Add a correlation, or what is wrong with it."""
        pair, words, problem = frozenset(row.between), " and ".join(row.between), self._pair_problem(row)
        if self._is_unsound(row.between) or (inherited and self._is_replaced(pair)):
            return
        constants = [name for name in row.between if name in self.parameters and self.parameters[name].is_constant]
        problem = problem if constants else problem or self._clash(row.between)
        if constants and (inherited or self._are_overridden(constants)):
            self.ties.notices.append(f"correlation of {words}: without effect, {problem}")
            self.ties.idle[pair] = _correlation(row)
        elif problem or pair in self.ties.correlations:
            origin = "; it comes from the set that this one extends; correlations = [] drops those" if inherited else ""
            self.ties.problems.append(
                f"{self.document.label}: correlations: {words}: {problem or 'stated twice; keep one'}{origin}"
            )
        else:
            self.ties.correlations[pair] = _correlation(row)

    def _is_unsound(self, names: Sequence[str]) -> bool:
        """Return whether a member's own row is wrong, which is said elsewhere."""
        return any(name in self.parsed.parameters and name not in self.parameters for name in names)

    def _are_overridden(self, names: Sequence[str]) -> bool:
        return all(self.document.row_labels.get(name) == "set" for name in names)

    def _is_replaced(self, pair: Pair) -> bool:
        """Return whether something else is stated of an inherited pair."""
        return pair in self.independent or any(pair <= {*group.names} for group in self.ties.groups)

    def _check_members(self, names: Sequence[str], copula: Copula) -> None:
        """Refuse members that are none, or that another group has."""
        for first, second in pairwise(names):
            if first == second:
                raise InputError(f"members: {first}: named twice; name it once")
        for name in names:
            if name not in self.parameters:
                raise InputError(f"members: {name} is no parameter; {nearest(name, self.parameters)}")
            if "categories" in self.parameters[name].values:
                raise InputError(f"members: {_categorical(name)}")
            other = next((group for group in self.ties.groups if name in group.names), None)
            if other and copula.ties:
                raise InputError(f"members: {name} is in the {other.family} group of {', '.join(other.names)} too")
        varying = [self.parameters[name] for name in names if not self.parameters[name].is_constant]
        if copula.ties and len({prior.varies is None for prior in varying}) > 1:
            raise InputError("members: all must vary by year, or none")

    def _pair_problem(self, row: CorrelationRow) -> str | None:
        pair = [self.parameters.get(name) for name in row.between]
        for name, prior in zip(row.between, pair, strict=True):
            if prior is None:
                return f"{name} is no parameter; {nearest(name, self.parameters)}"
            if prior.is_constant:
                return f"{name} is a constant, on which nothing depends; drop the pair"
            if "categories" in prior.values:
                return _categorical(name)
        first, second = pair
        if first and second and (first.varies is None) != (second.varies is None):
            return "both must vary by year, or neither; drop the pair, or let the other vary too"
        return None

    def _clash(self, between: tuple[str, str]) -> str | None:
        """Return the group, or the independence, that a correlation contradicts."""
        if self.independent.get(frozenset(between)) is False:
            return "stated to be independent too; keep one"
        for group in self.ties.groups:
            inside = [name for name in between if name in group.names]
            if inside:
                return (
                    f"{inside[0]} is in the {group.family} group of {', '.join(group.names)}, and a parameter is in "
                    "one group; state it there, or state both independent"
                )
        return None


def _categorical(name: str) -> str:
    return f"{name} is categorical: its categories have no order that could depend; leave it out"


def _copula(row: DependenceRow) -> Copula:
    """Return the copula of a row that states nothing that it does not take."""
    found = copulas().get(row.family)
    if found is None:
        raise InputError(f"family: {row.family!r}: unknown; {nearest(row.family, copulas())}")
    for key in row.stated():
        if key not in found.keys:
            takes = ", ".join(found.keys) or "nothing but members"
            raise InputError(f"{key}: {row.family} takes {takes}")
    return found


def _dependence(row: DependenceRow, names: tuple[str, ...], copula: Copula) -> Dependence:
    """Return a group with its numbers and its latent correlations."""
    stated = row.stated()
    if "samples" in stated:
        stated["samples"] = _in_order(row, names)
    numbers = copula.read(names, {key: value for key, value in stated.items() if key != "correlations"})
    pairs = tuple(_pairs(row, names, copula, numbers)) if copula.has_pairs else ()
    return Dependence(names, row.family, numbers, pairs, stated, row.source)


def _in_order(row: DependenceRow, names: tuple[str, ...]) -> list[list[float]]:
    """Return the samples of a group, member by member, in the order of names."""
    samples = row.samples or []
    if len(samples) != len(names):
        raise InputError(f"samples: {len(samples)} columns for {len(names)} members: needs one each, in their order")
    by_name = dict(zip(row.members, samples, strict=True))
    return [by_name[name] for name in names]


def _pairs(
    row: DependenceRow, names: tuple[str, ...], copula: Copula, numbers: Mapping[str, float]
) -> Iterator[Correlation]:
    """Yield the correlations of a group: those listed, or the same one for all pairs."""
    common = {key: row.stated()[key] for key in ("rank", "kendall", "latent") if key in row.stated()}
    if (row.correlations is None) == (not common):
        problem = "needs a list of pairs, or one rank, kendall or latent for all" if not common else "both are stated"
        raise InputError(f"correlations{''.join(f' and {key}' for key in common)}: {problem}")
    seen: set[Pair] = set()
    for pair in row.correlations or ():
        words = " and ".join(pair.between)
        for name in pair.between:
            if name not in names:
                raise InputError(f"correlations: {words}: {name} is no member; {nearest(name, names)}")
        if frozenset(pair.between) in seen:
            raise InputError(f"correlations: {words}: stated twice; keep one")
        seen.add(frozenset(pair.between))
        yield _correlation(pair, copula, numbers)
    for key, value in common.items():
        latent = copula.latent(key, value, numbers)
        for between in combinations(names, 2):
            yield Correlation(between, latent, **({} if key == "latent" else {key: value}))


def _correlation(
    row: CorrelationRow, copula: Copula | None = None, numbers: Mapping[str, float] | None = None
) -> Correlation:
    """Return a correlation, under the Gaussian copula unless there is another."""
    ((key, value),) = row.stated().items()
    latent = (copula or copulas()["gaussian"]).latent(key, value, numbers or {})
    return Correlation(row.between, latent, row.rank, row.source, row.kendall)


def _plain(row: CorrelationRow | DependenceRow) -> dict[str, Any]:
    return row.model_dump(exclude_none=True, mode="json")
