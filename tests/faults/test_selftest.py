"""`mcdemand selftest`: a table of figures, and a code that says whether they agree."""

from dataclasses import replace

import numba
import pytest

from mcdemand.selftest import replay
from mcdemand.selftest.problems import FIGURES, PARAMETERS, functions

DRAWS = "1000" if numba.config.DISABLE_JIT else "20_000"


def test_every_figure_agrees(command):
    done = command("selftest", "--draws", DRAWS)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert sum(line.endswith("PASS") for line in map(str.rstrip, lines)) == len(FIGURES)
    assert max(map(len, lines)) <= 80
    assert f"{len(FIGURES)} of {len(FIGURES)} figures agree." in done.out
    assert "Left out: 4 " in done.out


def test_a_figure_that_differs_ends_with_code_3(command, monkeypatch):
    off = replace(FIGURES[0], exact=FIGURES[0].exact + 12 * FIGURES[0].spread / int(DRAWS) ** 0.5)
    monkeypatch.setattr(replay, "FIGURES", (off,))
    done = command("selftest", "--draws", DRAWS)
    done.assert_mistake(3, "selftest: 1 figures differ")
    assert sum(line.rstrip().endswith("DIFF") for line in done.out.splitlines()) == 1


def test_too_few_draws_are_refused(command):
    command("selftest", "--draws", "10").assert_mistake(2, "--draws: 10: at least 1000")


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_is_used(name):
    assert any(name in function.__code__.co_varnames for function in functions())


def test_every_quantity_is_compared():
    named = {function.__name__ for function in functions()}
    assert {figure.output for figure in FIGURES} == named - {"initial_log_growth"}
