"""Monte Carlo forecasts of AI compute demand: prior sets in, credible intervals out.

Public names load on first use, so that importing mcdemand costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcdemand.attribution import attribute
    from mcdemand.comparison import compare
    from mcdemand.decision import Decision
    from mcdemand.errors import (
        ClusterError,
        FileError,
        InputError,
        IntegrityError,
        McdemandError,
        NumericalError,
        PriorSetError,
        ResourceError,
    )
    from mcdemand.evidence.condition import condition
    from mcdemand.evidence.posterior import posterior_draws, summarize_posterior
    from mcdemand.exporting import export
    from mcdemand.importing import import_priors, prior_row
    from mcdemand.long_run import resume, stream
    from mcdemand.model import Model
    from mcdemand.netcdf_file import read_result, write_result
    from mcdemand.precision import Budget, simulate_until_precise
    from mcdemand.prior_check import check_prior_set
    from mcdemand.prior_conversion import convert_prior_set
    from mcdemand.prior_diff import diff_prior_sets
    from mcdemand.prior_pool import PriorPool, pool_prior_sets
    from mcdemand.prior_set import PriorSet, load_prior_set
    from mcdemand.repetition import repeat_result
    from mcdemand.replay import replay_draw
    from mcdemand.report.figures import plot
    from mcdemand.report.sensitivity_figures import plot_sensitivity
    from mcdemand.result_files import read
    from mcdemand.reweighting import reweight
    from mcdemand.sensitivity_study import sensitivity
    from mcdemand.simulation import simulate
    from mcdemand.summary import summarize
    from mcdemand.value_of_information import value_of_information
    from mcdemand.verification import verify_result
    from mcdemand.waterfall import waterfall

_HOMES = {
    "mcdemand.attribution": ("attribute",),
    "mcdemand.comparison": ("compare",),
    "mcdemand.decision": ("Decision",),
    "mcdemand.elicitation": ("elicit",),
    "mcdemand.errors": (
        "ClusterError",
        "FileError",
        "InputError",
        "IntegrityError",
        "McdemandError",
        "NumericalError",
        "PriorSetError",
        "ResourceError",
    ),
    "mcdemand.evidence.condition": ("condition",),
    "mcdemand.evidence.posterior": ("posterior_draws", "summarize_posterior"),
    "mcdemand.exporting": ("export",),
    "mcdemand.importing": ("import_priors", "prior_row"),
    "mcdemand.long_run": ("resume", "stream"),
    "mcdemand.model": ("Model",),
    "mcdemand.precision": ("Budget", "simulate_until_precise"),
    "mcdemand.prior_check": ("check_prior_set",),
    "mcdemand.prior_conversion": ("convert_prior_set",),
    "mcdemand.prior_diff": ("diff_prior_sets",),
    "mcdemand.prior_pool": ("PriorPool", "pool_prior_sets"),
    "mcdemand.prior_set": ("PriorSet", "load_prior_set"),
    "mcdemand.repetition": ("repeat_result",),
    "mcdemand.replay": ("replay_draw",),
    "mcdemand.report.figures": ("plot",),
    "mcdemand.report.sensitivity_figures": ("plot_sensitivity",),
    "mcdemand.netcdf_file": ("read_result", "write_result"),
    "mcdemand.result_files": ("read",),
    "mcdemand.reweighting": ("reweight",),
    "mcdemand.sensitivity_study": ("sensitivity",),
    "mcdemand.simulation": ("simulate",),
    "mcdemand.summary": ("summarize",),
    "mcdemand.value_of_information": ("value_of_information",),
    "mcdemand.verification": ("verify_result",),
    "mcdemand.waterfall": ("waterfall",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Budget",
    "ClusterError",
    "Decision",
    "FileError",
    "InputError",
    "IntegrityError",
    "McdemandError",
    "Model",
    "NumericalError",
    "PriorPool",
    "PriorSet",
    "PriorSetError",
    "ResourceError",
    "attribute",
    "check_prior_set",
    "compare",
    "condition",
    "convert_prior_set",
    "diff_prior_sets",
    "elicit",
    "export",
    "import_priors",
    "load_prior_set",
    "plot",
    "plot_sensitivity",
    "pool_prior_sets",
    "posterior_draws",
    "prior_row",
    "read",
    "read_result",
    "repeat_result",
    "replay_draw",
    "resume",
    "reweight",
    "sensitivity",
    "simulate",
    "simulate_until_precise",
    "stream",
    "summarize",
    "summarize_posterior",
    "value_of_information",
    "verify_result",
    "waterfall",
    "write_result",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mcdemand' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__


class _Package(ModuleType):
    """A package whose public functions keep their names where folders have the same ones."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Bind a name; not a folder to that of a function, which importing the folder would do."""
        if not (name in _HOME_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
