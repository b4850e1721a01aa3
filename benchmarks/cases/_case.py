"""What a case is: the root of the family."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers._peer import Figures

REFERENCES = Path(__file__).with_name("references")
REFERENCE_DRAWS = 10**6
ERRORS = 5.0
"""How many standard errors a figure may lie off; seeds are fixed, so that this is tried once."""
SINGLE_ROUNDING = 1e-4
"""What sums of many float32 numbers may be off, as a share."""


@dataclass(frozen=True)
class Case:
    """A job that several tools can do.

    Attributes
    ----------
    name, title
        What `--cases` takes, and the heading of its table.
    says
        What the job is, in a sentence or two.
    draws
        Of a run that is timed, and of one that only has to be right.
    check
        `check(figures, draws, rounding)` raises AssertionError unless the figures are right; `rounding` is a share.
    error
        `error(figures)` returns by how much they are off, as shares; None where they are exact.
    rounds
        In turns; a program that takes long does fewer.
    by_phase
        Whether phases are jobs of their own, each compared for itself.
    """

    name: str
    title: str
    says: str
    draws: tuple[int, int]
    check: Callable[[Figures, int, float], None]
    error: Callable[[Figures], dict[str, float]] | None = None
    rounds: int = 5
    by_phase: bool = False


@dataclass(frozen=True)
class Reference:
    """Figures of many runs of REFERENCE_DRAWS draws by NumPy and SciPy alone.

    Attributes
    ----------
    figures
        Their means over the runs.
    spread
        Their standard deviations from run to run.
    """

    runs: int
    figures: dict[str, Any]
    spread: dict[str, Any]

    def check(self, found: Figures, draws: int, rounding: float, slow: frozenset[str] = frozenset()) -> None:
        """Raise unless all figures lie within ERRORS standard errors of the reference.

        The error of those that are `slow` falls by the third root of the draws, as that of a shortest interval, which
        has a bias of its own size besides: of them twice as many are allowed.
        """
        for name, exact in self.figures.items():
            power, times = (1 / 3, 2) if name in slow else (1 / 2, 1)
            size = times * (REFERENCE_DRAWS / draws) ** power + self.runs**-0.5
            allowed = ERRORS * size * np.array(self.spread[name]) + rounding * np.abs(exact)
            off = np.abs(np.array(found[name], dtype=np.float64) - exact)
            # Written so that NaN fails.
            if off.shape != allowed.shape or not np.all(off <= allowed):
                raise AssertionError(f"{name}: off by {off}, allowed {allowed}")

    def error(self, found: Figures) -> dict[str, float]:
        """Return the root-mean-square error of each kind of figure, as a share."""
        return {
            name: float(np.sqrt(np.mean((np.array(found[name]) / np.array(exact) - 1) ** 2)))
            for name, exact in self.figures.items()
        }


def read_reference(name: str) -> Reference:
    """Return a reference that `write_reference` stored."""
    return Reference(**json.loads((REFERENCES / f"{name}.json").read_text(encoding="utf-8")))


def write_reference(name: str, job: Callable[[int], Figures], runs: int) -> None:
    """Store the means and the spread of the figures of `job(seed)` over so many seeds."""
    found = [job(seed) for seed in range(runs)]
    stacked = {key: np.array([one[key] for one in found]) for key in found[0]}
    stored = {
        "runs": runs,
        "figures": {key: values.mean(axis=0).tolist() for key, values in stacked.items()},
        "spread": {key: values.std(axis=0, ddof=1).tolist() for key, values in stacked.items()},
    }
    REFERENCES.mkdir(exist_ok=True)
    (REFERENCES / f"{name}.json").write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
