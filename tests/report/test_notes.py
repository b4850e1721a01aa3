import json

import numpy as np
import pytest
from hand_made import tree

from mcdemand import summarize
from mcdemand.report.notes import summary_notes

FOUND = {
    "asked": {"a": "1 %", "b": "1 %"}, "looks": 3, "reached": 0.84, "at": "a in 2030, upper end",
    "confirmed": True, "stopped_by": "precision",
}  # fmt: skip


def notes(draws: np.ndarray | None = None, **attributes: object) -> list[str]:
    values = np.random.default_rng(0).normal(size=(4, 100, 3)) if draws is None else draws
    result = tree({"energy": values}, **attributes)
    return summary_notes(summarize(result), result.attrs)


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        ({}, "Precision: 1 % asked and reached after 3 looks, confirmed by a fresh run; the largest", "upper end)."),
        (
            {"confirmed": False, "looks": 1},
            "Precision: 1 % asked and reached after 1 look; no room left",
            "upper end).",
        ),
        (
            {"confirmed": False, "stopped_by": "budget", "reached": 2.5, "asked": {"a": "1 %", "b": "5"}},
            "Precision NOT reached: a 1 %, b 5 asked; after 3 looks the budget is spent; the largest error bound is",
            "is 2.5 times what was accepted (a in 2030, upper end).",
        ),
        (
            {"confirmed": False, "stopped_by": "memory"},
            "Precision NOT reached: 1 % asked; after 3 looks more draws",
            ").",
        ),
    ],
)
def test_what_was_asked_and_reached(changes: dict[str, object], start: str, end: str) -> None:
    (note,) = notes(precision=json.dumps({**FOUND, **changes}))
    assert note.startswith(start)
    assert note.endswith(end)
    assert "\x1b" not in notes(precision=json.dumps({**FOUND, "at": "\x1b[31m"}))[0]


def test_notices_come_one_by_one() -> None:
    assert notes(notices="first\nsecond") == ["Note: first", "Note: second"]


def test_a_single_chain_of_dependent_draws_has_no_errors() -> None:
    draws = np.random.default_rng(0).normal(size=(1, 400, 3))
    assert notes(draws, chains=1, design="sobol") == [
        "Note: errors come from chains, and there is only one; ask for 16."
    ]
    assert notes(draws, chains=1, design="random") == []


def test_a_mean_that_does_not_settle_is_named() -> None:
    """A Pareto law of shape 1 has no mean, one of shape 1/4 has a variance too."""
    uniforms = np.random.default_rng(1).uniform(size=(4, 2500, 3))
    (note,) = notes(uniforms**-1.0)
    assert note.startswith("Heavy tails: energy (Pareto k up to ")
    assert note.endswith("the largest draws carry the mean, so read medians and intervals.")
    assert notes(uniforms**-0.25) == []


def test_ends_that_hang_on_a_few_draws() -> None:
    (note,) = notes(np.random.default_rng(0).normal(size=(1, 100, 3)), chains=1)
    assert "fewer than 10 draws" in note
    assert "200 draws would carry it" in note
