"""A simulation before it runs: everything it is determined by, checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mcdemand.designs import designs
from mcdemand.errors import InputError
from mcdemand.kernels.arrays import Integers
from mcdemand.model import Model, Plan
from mcdemand.prior_pool import PRIOR_SET, PriorPool
from mcdemand.prior_set import PriorSet
from mcdemand.ranges import check_range
from mcdemand.registry import look_up, nearest
from mcdemand.row_builder import Layout, build_program
from mcdemand.row_program import RowProgram
from mcdemand.schema import FIRST_YEAR, LAST_YEAR, UNSTATED

MAX_SEED = 2**63 - 1
MAX_CHAINS = 2**16
MAX_DRAWS = 2**40
MAX_HORIZON = 1000
YEAR_STEP = 1.0


@dataclass(frozen=True)
class Run:
    """Everything that a simulation is determined by, checked.

    Attributes
    ----------
    years
        Years that are kept; empty if the model has no time.
    draws_per_chain
        Draws of each chain.
    kept_parameters
        Parameters whose draws are kept; of a pool, each draw's set too.
    first_chain
        The number of the first chain: another one is another run of the same kind, independent of this one.
    """

    priors: PriorSet | PriorPool
    model: Model
    plan: Plan
    program: RowProgram
    years: tuple[int, ...]
    base_year: int
    chains: int
    draws_per_chain: int
    seed: int
    design: str
    kept_parameters: tuple[str, ...]
    notices: tuple[str, ...]
    first_chain: int = 0

    @property
    def horizon(self) -> int:
        """Number of years from the base year to the last one kept."""
        return self.years[-1] - self.base_year + 1 if self.years else 1

    def yearly(self) -> tuple[str, ...]:
        """Return the parameters of the plan that vary by year."""
        return tuple(filter(self.priors.varies, self.plan.parameters))

    def plan_rows(self) -> tuple[Integers, Integers]:
        """Return first row and stride of each parameter of the plan, as the model's kernel takes them."""
        places = [self.program.names.index(name) for name in self.plan.parameters]
        return self.program.first_row[places], self.program.stride[places]

    def unit_of(self, name: str) -> str:
        """Return a parameter's unit: that of the prior, or the model's where the prior states none."""
        stated = next(iter(self.priors.laws(name).values())).unit
        return self.model.parameters[name].text if stated == UNSTATED and name in self.model.parameters else stated

    def kept_rows(self) -> list[int]:
        """Return the rows of the program that hold the kept parameters, those of the kept years."""
        return [row for name in self.kept_parameters for row in self.rows_of(name)]

    def rows_of(self, name: str) -> list[int]:
        """Return the rows of one parameter: one, or one for each kept year."""
        rows = self.program.rows_of(name)
        if not self.priors.varies(name) or not self.years:
            return [rows.start]
        return [rows.start + year - self.base_year for year in self.years]


def prepare(
    priors: PriorSet | PriorPool,
    model: Model,
    *,
    draws: int,
    chains: int,
    seed: int,
    design: str,
    outputs: tuple[str, ...] | None,
    years: tuple[int, ...] | None,
) -> Run:
    """Return a checked run.

    Raises
    ------
    InputError
        If a number is out of range, a needed parameter has no prior, a unit differs, or an output is unknown.
    """
    check_range("draws", draws, 1, MAX_DRAWS)
    check_range("chains", chains, 1, MAX_CHAINS)
    check_range("seed", seed, 0, MAX_SEED)
    look_up(design, designs(), "design")
    chains = min(chains, draws)
    per_chain = chain_draws(draws, chains, design)
    plan, kept = _plan(priors, model, outputs)
    for one in priors.sets if isinstance(priors, PriorPool) else (priors,):
        _check_priors(one, model, plan)
    years = _years(priors, years)
    base_year = _base_year(priors, model, plan, years)
    steps = (years[-1] - base_year + 1 if years else 1) + bool(plan.second_sweep)
    needed = tuple(sorted({*plan.parameters, *kept}))
    layout = Layout(seed, design, tuple(sorted(model.parameters)), per_chain, base_year)
    return Run(
        priors=priors,
        model=model,
        plan=plan,
        program=build_program(priors, needed, steps, layout),
        years=years,
        base_year=base_year,
        chains=chains,
        draws_per_chain=per_chain,
        seed=seed,
        design=design,
        kept_parameters=(PRIOR_SET, *kept) if isinstance(priors, PriorPool) else kept,
        notices=(*priors.notices, *_notices(priors, needed, draws, per_chain * chains, design)),
    )


def chain_draws(draws: int, chains: int, design: str) -> int:
    """Return the draws of each chain: whole chains, and a power of two of draws where the design needs it."""
    per_chain = int(-(-draws // chains))
    return 1 << (per_chain - 1).bit_length() if designs()[design].power_of_two else per_chain


def _notices(
    priors: PriorSet | PriorPool, needed: tuple[str, ...], asked: int, draws: int, design: str
) -> Iterator[str]:
    if draws != asked:
        rule = (
            f"whole chains of a power of two of draws, as {design} needs"
            if designs()[design].power_of_two
            else "whole chains"
        )
        yield f"draws: {asked} rounded up to {draws}, {rule}"
    unused = sorted(set(priors.parameters) - set(needed))
    if unused:
        yield f"priors that no requested output uses: {', '.join(unused)}"


def _years(priors: PriorSet | PriorPool, asked: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the years to keep, in order."""
    for year in asked or ():
        check_range("years", year, FIRST_YEAR, LAST_YEAR)
    return priors.years if asked is None else tuple(sorted(set(asked)))


def _plan(priors: PriorSet | PriorPool, model: Model, outputs: tuple[str, ...] | None) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan of the outputs, and the parameters to keep: those named, or all that are needed."""
    if outputs is None:
        plan = model.plan()
        return plan, plan.parameters
    if not outputs:
        raise InputError("outputs: empty; name at least one quantity or parameter")
    known = {**model.quantities, **priors.parameters}
    for name in outputs:
        if name not in known:
            raise InputError(f"outputs: {name!r}: neither a quantity nor a parameter; {nearest(name, known)}")
    plan = model.plan([name for name in outputs if name in model.quantities])
    named = tuple(name for name in outputs if name not in model.quantities)
    return plan, named


def _check_priors(priors: PriorSet, model: Model, plan: Plan) -> None:
    for problem in prior_problems(priors, model, plan):
        raise InputError(priors.located(problem))


def prior_problems(priors: PriorSet, model: Model, plan: Plan) -> Iterator[str]:
    """Yield what keeps a prior set from a model, a line each: missing rows, other units, other categories."""
    for name in plan.parameters:
        if name not in priors.parameters:
            yield f"parameters.{name}: no prior, but {model.explain_missing(name, priors.parameters)}"
    for name, prior in priors.parameters.items():
        if name in model.quantities:
            yield f"parameters.{name}: has a prior, but the model computes {name}; rename one or drop it"
        unit = model.parameters.get(name)
        if unit is None:
            continue
        if prior.unit not in (unit.text, UNSTATED):
            yield (
                f"parameters.{name}.unit: {prior.unit!r}: the model takes {unit.text!r}; "
                "convert the numbers, or annotate the argument of the function"
            )
        if unit.categories and tuple(prior.values.get("categories", unit.categories)) != unit.categories:
            yield f"parameters.{name}.categories: must be {list(unit.categories)}, in this order"


def _base_year(priors: PriorSet | PriorPool, model: Model, plan: Plan, years: tuple[int, ...]) -> int:
    """Return the year of t = 0."""
    if not years:
        moving = model.timed(plan)
        if moving:
            raise InputError(
                f"prior_set.years: missing, but {min(moving)} changes from year to year; state start and stop"
            )
        return 0
    first = (priors.years or years)[0]
    base_year = first if model.base_year is None else model.base_year
    if years[0] < base_year:
        raise InputError(f"years: {years[0]}: the model starts in {base_year}")
    check_range("years", years[-1], base_year, base_year + MAX_HORIZON)
    return base_year
